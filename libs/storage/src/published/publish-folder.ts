import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { verified } from '../bytes';
import { PreconditionFailedError, StorageError } from '../errors';
import type { ObjectStore } from '../object-store';
import {
  encodeManifest,
  type FolderReference,
  fileKey,
  markKey,
  type PublishedFile,
  readManifest,
} from './manifest';

/**
 * Stores the files of a local folder, or one file, at `<prefix>/<version>/files/…` and then, last, `<prefix>/<version>/manifest.json`,
 * which makes them visible. The version is a hash of the content: an equal folder has the same place, what an earlier
 * attempt has stored is not sent again, and nothing that somebody was told of ever changes.
 *
 * Throws StorageError when there is nothing to publish or a file changes meanwhile, InvalidKeyError for a name that
 * stores do not take, and what `put` throws. Then nothing is visible; doing it again goes on where it stopped.
 */
export async function publishFolder(
  store: ObjectStore,
  prefix: string,
  path: string,
): Promise<FolderReference> {
  const single = (await stat(path)).isFile();
  const folder = single ? dirname(path) : path;
  const files = await describe(folder, single ? [basename(path)] : await filesIn(folder));
  const { key, text, reference } = encodeManifest(store, prefix, files);
  const uploadMissing = async () => {
    for (const { path: file, size, sha256 } of files) {
      const name = fileKey(key, file);
      if ((await store.head(name))?.size === size) continue;
      await store.put(name, verified(chunksIn(join(folder, file)), sha256, name));
    }
  };
  // Files of an earlier attempt may be old enough to be garbage: now they are wanted again.
  if (!(await store.head(key))) await store.put(markKey(key), Buffer.alloc(0));
  await uploadMissing();
  try {
    await store.put(key, text, { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
    await readManifest(store, key, reference.sha256);
  }
  // A garbage collection that was at work on them before they were marked has now done its worst.
  await uploadMissing();
  return reference;
}

/** Paths of everything in the folder that is no folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  if (files.length === 0)
    throw new StorageError(`${folder} holds no files, so there is nothing to publish; name another folder.`);
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
}

async function describe(folder: string, paths: readonly string[]): Promise<PublishedFile[]> {
  const files: PublishedFile[] = [];
  for (const path of [...paths].sort()) {
    const file = join(folder, path);
    // A link to a file is the file: downloads of Hugging Face's tools are folders of links.
    const found = await stat(file);
    if (!found.isFile())
      throw new StorageError(`${file} is not a file, so it cannot be published; remove it.`);
    files.push({ path, size: found.size, sha256: await hashFile(file) });
  }
  return files;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksIn(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Opens the file with the first chunk, so that a write that is refused before leaves nothing open. */
async function* chunksIn(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1 << 18 });
}
