import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  combinedHash,
  describeFile,
  localFile,
  type Source,
  type SourceFile,
  saveBytes,
} from '@open-chatgpt/datasets';

/** A source, and what identifies its content: for each file its name and its hash or version. */
export interface IdentifiedSource {
  source: Source;
  content: (readonly [name: string, identity: string])[];
  /** Of all files together, where each was hashed. */
  sha256?: string;
  /** Of all files, where it is known. */
  bytes: number;
}

/**
 * Finds what identifies the content of a source. Files of this machine are hashed. Files from elsewhere that have no version are
 * downloaded to a temporary folder, so that `use` reads the bytes that were hashed.
 */
export async function withIdentifiedSource<T>(
  source: Source,
  use: (identified: IdentifiedSource) => Promise<T>,
): Promise<T> {
  let folder: string | null = null;
  const files: SourceFile[] = [];
  const content: [string, string][] = [];
  const hashes: string[] = [];
  try {
    for (const [index, file] of source.files.entries()) {
      if (file.version !== undefined) {
        files.push(file);
        content.push([file.name, file.version]);
        continue;
      }
      let { path } = file;
      if (path === undefined) {
        folder ??= await mkdtemp(join(tmpdir(), 'open-chatgpt-'));
        path = join(folder, String(index));
        await saveBytes(file.name, file.open(), path);
      }
      const { bytes, sha256 } = await describeFile(path);
      files.push({ ...localFile(path, bytes), name: file.name });
      content.push([basename(file.name), sha256]);
      hashes.push(sha256);
    }
    const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
    const sha256 = hashes.length === files.length ? combinedHash(hashes) : undefined;
    return await use({ source: { ...source, files }, content, sha256, bytes });
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
}
