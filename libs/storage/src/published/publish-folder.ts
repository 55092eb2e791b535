import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { PreconditionFailedError, StorageError } from '../errors';
import { LocalFile } from '../local-file';
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
  const published = files.map(({ file }) => file);
  const { key, text, reference } = encodeManifest(store, prefix, published);
  const uploadMissing = async () => {
    for (const { file, local } of files) {
      const name = fileKey(key, file.path);
      if ((await store.head(name))?.size !== file.size) await store.put(name, local);
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

/** A link to a file is the file: downloads of Hugging Face's tools are folders of links. */
async function describe(
  folder: string,
  paths: readonly string[],
): Promise<{ file: PublishedFile; local: LocalFile }[]> {
  const files = [];
  for (const path of [...paths].sort()) {
    const local = await LocalFile.find(join(folder, path));
    files.push({ file: { path, size: local.size, sha256: await local.sha256() }, local });
  }
  return files;
}
