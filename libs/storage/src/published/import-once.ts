import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { changeDocument, readDocument } from '../documents/change-document';
import { ObjectNotFoundError } from '../errors';
import type { ObjectStore } from '../object-store';
import { fetchFolder } from './fetch-folder';
import type { FolderReference } from './manifest';
import { publishFolder } from './publish-folder';

interface Imported {
  manifest: FolderReference;
  /** Where one file was imported, its name. */
  file?: string;
}

/**
 * A file or folder from outside, brought into the store by the first who needs it: `make` gives its local path, all
 * others have it from the store, by its content from `cacheDir`. What was deleted is imported again.
 * @param prefix of what is imported, such as `models/base/x`; `<prefix>/imported.json` says what was
 * @returns its local path
 */
export async function importOnce(
  store: ObjectStore,
  prefix: string,
  cacheDir: string,
  make: () => Promise<string>,
): Promise<string> {
  const key = `${prefix}/imported.json`;
  const known = (await readDocument(store, key)) as Imported | null;
  if (known) {
    try {
      const folder = await fetchFolder(store, known.manifest, cacheDir);
      return known.file === undefined ? folder : join(folder, known.file);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
    }
  }
  const path = await make();
  const manifest = await publishFolder(store, prefix, path);
  const file = (await stat(path)).isFile() ? basename(path) : undefined;
  await changeDocument<Imported>(store, key, () => ({ manifest, file }));
  return path;
}
