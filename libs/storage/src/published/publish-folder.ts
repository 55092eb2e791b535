import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { ChecksumError, ObjectNotFoundError, PreconditionFailedError, StorageError } from '../errors';
import { LocalFile } from '../local-file';
import type { ObjectStore } from '../object-store';
import { encodeManifest, type FolderReference, fileKey, markKey, type PublishedFile } from './manifest';

/**
 * Publishes a local folder or file: it stores the files at `<prefix>/<version>/files/…`, and then `<prefix>/<version>/manifest.json`,
 * which makes them visible. The version is a hash of the content. So equal folders have the same keys, files of an earlier
 * attempt are not uploaded again, and a published folder never changes. Publishing it again repairs it: what is there already is
 * read and verified, and a damaged object is written again.
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
  const upload = async (isThere: (name: string, file: PublishedFile) => Promise<boolean>) => {
    for (const { file, local } of files) {
      const name = fileKey(key, file.path);
      if (!(await isThere(name, file))) await store.put(name, local);
    }
  };
  const hasSize = async (name: string, { size }: PublishedFile) => (await store.head(name))?.size === size;
  // A new mark protects the files of an earlier attempt, which may be old enough for the garbage collection.
  if (!(await store.head(key))) await store.put(markKey(key), Buffer.alloc(0));
  await upload(async (name, file) => (await hasSize(name, file)) && hasHash(store, name, file));
  try {
    await store.put(key, text, { ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) throw error;
    if (!(await hasHash(store, key, reference))) await store.put(key, text);
  }
  // A garbage collection that started before the mark may have deleted files: upload them again.
  await upload(hasSize);
  return reference;
}

/** Whether an object has the bytes that it should have. Reads all of them. */
async function hasHash(store: ObjectStore, key: string, { sha256 }: { sha256: string }): Promise<boolean> {
  try {
    for await (const _ of await store.get(key, { sha256 }));
    return true;
  } catch (error) {
    if (error instanceof ChecksumError || error instanceof ObjectNotFoundError) return false;
    throw error;
  }
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
