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
 * Publishes a local folder or file: it stores the files at `<prefix>/<version>/files/…`, and then `<prefix>/<version>/manifest.json`,
 * which makes them visible. The version is a hash of the content. So equal folders have the same keys, files of an earlier
 * attempt are not uploaded again, and a published folder never changes.
 *
 * Throws StorageError if the folder is empty or a file changes meanwhile, InvalidKeyError for an invalid file name, and
 * the errors of `put`. Then nothing is visible, and the next attempt continues.
 */
export async function publishFolder(
  store: ObjectStore,
  prefix: string,
  path: string,
): Promise<FolderReference> {
  const single = (await stat(path)).isFile();
  const folder = single ? dirname(path) : path;
  const files = await describeFiles(folder, single ? [basename(path)] : await filesIn(folder));
  const published = files.map(({ file }) => file);
  const { key, text, reference } = encodeManifest(store, prefix, published);
  const uploadMissing = async () => {
    for (const { file, local } of files) {
      const name = fileKey(key, file.path);
      if ((await store.head(name))?.size !== file.size) await store.put(name, local);
    }
  };
  // A new mark protects the files of an earlier attempt, which may be old enough for the garbage collection.
  if (!(await store.head(key))) await store.put(markKey(key), Buffer.alloc(0));
  await uploadMissing();
  try {
    await store.put(key, text, { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
    await readManifest(store, key, reference.sha256);
  }
  // A garbage collection that started before the mark may have deleted files: upload them again.
  await uploadMissing();
  return reference;
}

/** The paths of all entries of the folder, subfolders included, that are not folders. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  if (files.length === 0) throw new StorageError(`${folder} has no files to publish; choose another folder.`);
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'));
}

/** Follows links to files, because Hugging Face's tools download folders of links. */
async function describeFiles(
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
