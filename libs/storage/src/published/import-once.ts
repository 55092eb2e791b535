import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ObjectNotFoundError } from '../errors';
import type { ObjectStore } from '../object-store';
import { currentFolder, makeCurrent } from './current';
import { fetchFolder } from './fetch-folder';
import { publishFolder } from './publish-folder';

/**
 * Imports an external file or folder into the store on its first use: `make` provides it as a local path. Later callers
 * fetch it from the store into `cacheDir`. If it was deleted from the store, it is imported again.
 * @param prefix the prefix to publish at, such as `models/base/x`; `<prefix>/current.json` points to the import
 * @returns the local path
 */
export async function importOnce(
  store: ObjectStore,
  prefix: string,
  cacheDir: string,
  make: () => Promise<string>,
): Promise<string> {
  const known = await currentFolder(store, prefix);
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
  await makeCurrent(store, prefix, { manifest, file });
  return path;
}
