import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '@open-chatgpt/cache';

const DAY_MS = 24 * 3600 * 1000;
/** An entry that was not opened for so long is removed. */
const UNUSED_MS = 30 * DAY_MS;
/** Longer than any ingestion takes: a killed process left what is older. */
const ABANDONED_MS = 7 * DAY_MS;
const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC', 'EDQUOT']);

/**
 * Opens the entry of the dataset cache that `key` names. `make` fills a folder when there is no entry yet, or when `open` refuses
 * the entry. An entry appears whole or not at all; when several processes make it at the same time, the first one's stays.
 *
 * @param make writes the folder that it is given, which does not exist yet
 * @param open throws when the folder is damaged
 * @throws Error when the cache cannot be written, and what `make` and `open` throw
 */
export async function openCacheEntry<T>(
  key: string,
  make: (folder: string) => Promise<void>,
  open: (folder: string) => Promise<T>,
): Promise<T> {
  const root = datasetCacheFolder();
  const entry = join(root, key);
  const found = (await stat(entry).catch(() => null)) !== null;
  if (found) {
    try {
      const opened = await open(entry);
      // Fails where the cache is read-only, and so is never cleared from here.
      await utimes(entry, new Date(), new Date()).catch(() => undefined);
      return opened;
    } catch (error) {
      process.emitWarning(
        `the cache entry ${entry} is damaged and is made again: ${(error as Error).message}`,
      );
    }
  }
  const work = await createWorkFolder(root, key);
  try {
    const made = join(work, 'made');
    await make(made);
    if (found) await unless(['ENOENT'], rename(entry, join(work, 'damaged')));
    await unless(['ENOTEMPTY', 'EEXIST'], rename(made, entry));
  } catch (error) {
    throw explained(error as Error, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return open(entry);
}

/** `$OPEN_CHATGPT_DATASET_CACHE`, by default the folder `datasets` of the project's cache. */
function datasetCacheFolder(): string {
  return process.env['OPEN_CHATGPT_DATASET_CACHE'] || cacheFolder('datasets');
}

/** A new folder to make an entry in, in the file system of the cache. */
async function createWorkFolder(root: string, key: string): Promise<string> {
  try {
    await mkdir(root, { recursive: true });
    await removeOld(root);
    return await mkdtemp(join(root, `.${key}-`));
  } catch (error) {
    throw explained(error as Error, root);
  }
}

async function removeOld(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > (name.startsWith('.') ? ABANDONED_MS : UNUSED_MS))
      await rm(path, { recursive: true, force: true });
  }
}

/** Waits for a file operation, and ignores errors of these codes. */
async function unless(codes: readonly string[], operation: Promise<void>): Promise<void> {
  await operation.catch((error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error;
  });
}

function explained(error: NodeJS.ErrnoException, root: string): Error {
  const { code = '', path = root } = error;
  if (!NOT_WRITABLE.has(code) || !path.startsWith(root)) return error;
  return new Error(
    `the dataset cache ${root} cannot be written (${error.message}). Datasets are tokenized there before training; set ` +
      'OPEN_CHATGPT_DATASET_CACHE (or OPEN_CHATGPT_CACHE, for all caches) to a folder that can be written and has room.',
    { cause: error },
  );
}
