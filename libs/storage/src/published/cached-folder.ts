import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalFile } from '../local-file';
import { parseManifest } from './manifest';

/** The manifest of a cached folder lies beside it, because it lists the files of the folder itself. */
const manifestOf = (folder: string) => `${folder}.manifest.json`;

/**
 * Writes the manifest of a folder that is being cached.
 * @param temporary path that no other process writes to
 */
export async function keepManifest(folder: string, temporary: string, manifest: Buffer): Promise<void> {
  await writeFile(temporary, manifest);
  await rename(temporary, manifestOf(folder));
}

/**
 * Whether each file of a cached folder has the hash that its manifest says. Reads all bytes: about a second for 1 GB.
 * @param sha256 of the manifest
 */
export async function isIntact(folder: string, sha256: string): Promise<boolean> {
  const path = manifestOf(folder);
  const text = await readFile(path).catch(() => null);
  if (text === null || createHash('sha256').update(text).digest('hex') !== sha256) return false;
  for (const file of parseManifest(text, path).files) {
    const found = await LocalFile.find(join(folder, file.path)).catch(() => null);
    if (found?.size !== file.size || (await found.sha256()) !== file.sha256) return false;
  }
  return true;
}
