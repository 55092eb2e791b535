import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ObjectNotFoundError } from '../errors';
import type { ObjectStore } from '../object-store';
import { currentFolder, makeCurrent } from './current';
import { fetchFolder } from './fetch-folder';
import { publishFolder } from './publish-folder';

/**
 * A file or folder from outside, brought into the store by the first who needs it: `make` gives its local path, all
 * others have it from the store, by its content from `cacheDir`. What was deleted is imported again.
 * @param prefix of what is imported, such as `models/base/x`; `<prefix>/current.json` says what was
 * @returns its local path
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
