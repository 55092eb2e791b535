import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { syncFolder, writeNewFile } from '../folder/durable';
import { fromFileError } from '../folder/file-errors';
import { open } from '../folder/sync-file-calls';
import type { ObjectStore } from '../object-store';
import { type FolderReference, fileKey, manifestKeyOf, readManifest } from './manifest';

const FETCHING = '.fetching-';
/** An older temporary folder belongs to a process that has died. */
const ABANDONED_AFTER_MS = 24 * 3600_000;

/** The running fetches of this process by their target folder; a second call waits for the first. */
const inFlight = new Map<string, Promise<string>>();

/**
 * Fetches and verifies a published folder, unless it is in the cache: `<cacheDir>/<sha256 of its manifest>`. The cached
 * folder appears atomically, also with concurrent fetches. It is shared, so do not write to it.
 *
 * Throws ObjectNotFoundError, ChecksumError, StorageFullError, StorageUnavailableError, and StorageError if the manifest
 * is invalid or in another store, or on abort.
 * @param signal ends the fetch; concurrent fetches of the same folder share the first one's
 */
export async function fetchFolder(
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
  cacheDir: string,
  signal?: AbortSignal,
): Promise<string> {
  const target = resolve(cacheDir, reference.sha256);
  if (existsSync(target)) return target;
  let fetch = inFlight.get(target);
  if (!fetch) {
    fetch = fetchInto(target, store, reference, signal).finally(() => inFlight.delete(target));
    inFlight.set(target, fetch);
  }
  return fetch;
}

async function fetchInto(
  target: string,
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const key = manifestKeyOf(store, reference);
  const { files } = await readManifest(store, key, reference.sha256);
  await removeAbandoned(dirname(target));
  const temporary = `${target}${FETCHING}${randomUUID()}`;
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw fromFileError(error, `Fetching ${reference.uri} to ${target}`);
    }
  };
  try {
    for (const { path, sha256 } of files) {
      const local = join(temporary, path);
      await guard(mkdir(dirname(local), { recursive: true }));
      const stream = await store.get(fileKey(key, path), { sha256 });
      if (signal) addAbortSignal(signal, stream);
      const file = await guard(open(local, 'wx'));
      await writeNewFile(file, stream, { guard, durable: true });
    }
    await rename(temporary, target).catch((error) => {
      // Another process of this machine was faster; the content is the same.
      if (!existsSync(target)) throw fromFileError(error, `Fetching ${reference.uri} to ${target}`);
    });
    await syncFolder(dirname(target));
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes the temporary folders of killed processes. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir).catch(() => [])) {
    if (!name.includes(FETCHING)) continue;
    const path = join(cacheDir, name);
    const found = await stat(path).catch(() => null);
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS)
      await rm(path, { recursive: true, force: true });
  }
}
