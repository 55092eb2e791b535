import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { syncFolder, writeNewFile } from '../folder/durable';
import { fromFileError } from '../folder/file-errors';
import { open } from '../folder/sync-file-calls';
import type { ObjectStore } from '../object-store';
import { isIntact, keepManifest } from './cached-folder';
import { type FolderReference, fileKey, manifestKeyOf, parseManifest, readManifestText } from './manifest';

const FETCHING = '.fetching-';
/** An older temporary folder belongs to a process that has died. */
const ABANDONED_AFTER_MS = 24 * 3600_000;

/** The running fetches of this process by their target folder; a second call waits for the first. */
const inFlight = new Map<string, Promise<string>>();

/**
 * Fetches and verifies a published folder, unless it is in the cache: `<cacheDir>/<sha256 of its manifest>`. The cached
 * folder appears atomically, also with concurrent fetches. It is shared, so do not write to it. Each call verifies the files
 * of the cache too, and fetches a damaged folder again.
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
  let fetch = inFlight.get(target);
  if (!fetch) {
    fetch = openCached(target, store, reference, signal).finally(() => inFlight.delete(target));
    inFlight.set(target, fetch);
  }
  return fetch;
}

async function openCached(
  target: string,
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (existsSync(target)) {
    if (await isIntact(target, reference.sha256)) return target;
    await discard(target);
  }
  return fetchInto(target, store, reference, signal);
}

/** A process that has a file of the folder open keeps it. */
async function discard(target: string): Promise<void> {
  const damaged = `${target}${FETCHING}${randomUUID()}`;
  await rename(target, damaged).catch((error: NodeJS.ErrnoException) => {
    // Another process of this machine was faster.
    if (error.code !== 'ENOENT') throw fromFileError(error, `Removing the damaged ${target}`);
  });
  await rm(damaged, { recursive: true, force: true });
}

async function fetchInto(
  target: string,
  store: ObjectStore,
  reference: Pick<FolderReference, 'uri' | 'sha256'>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const key = manifestKeyOf(store, reference);
  const manifest = await readManifestText(store, key, reference.sha256);
  const { files } = parseManifest(manifest, key);
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
    await guard(keepManifest(target, `${temporary}.json`, manifest));
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
