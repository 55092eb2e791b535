import { setTimeout as sleep } from 'node:timers/promises';
import { readAll } from '../bytes';
import { ObjectNotFoundError, PreconditionFailedError, StorageError } from '../errors';
import type { ObjectStore } from '../object-store';

const MAX_BYTES = 16 << 20;
const MAX_PAUSE_MS = 50;

/** A JSON document, and the etag of the object that holds it. */
export interface DocumentVersion<T> {
  etag: string;
  document: T;
}

async function read(store: ObjectStore, key: string): Promise<DocumentVersion<object> | null> {
  const found = await store.head(key);
  if (!found) return null;
  try {
    const text = (await readAll(await store.get(key), MAX_BYTES, key)).toString();
    return { etag: found.etag, document: JSON.parse(text) };
  } catch (error) {
    // Deleted after `head`.
    if (error instanceof ObjectNotFoundError) return null;
    if (!(error instanceof SyntaxError)) throw error;
    throw new StorageError(
      `"${key}" is not JSON: it was damaged or written by another program; delete or repair it.`,
      {
        cause: error,
      },
    );
  }
}

/** Reads a JSON document; null if it does not exist. The caller must validate it. */
export async function readDocument(store: ObjectStore, key: string): Promise<unknown> {
  return (await read(store, key))?.document ?? null;
}

/**
 * Changes a JSON document by compare-and-swap. If another writer was first, it calls `change` again with the new document.
 * If `change` throws, nothing is written.
 * @param change receives the current document, or null if it does not exist
 * @returns the new document
 */
export async function changeDocument<T extends object>(
  store: ObjectStore,
  key: string,
  change: (found: unknown) => T,
): Promise<T> {
  const changed = await changeVersion<object>(store, key, () => read(store, key), change);
  return changed?.document as T;
}

/**
 * As `changeDocument`, with a custom read function, for example one that uses a cache.
 * @param change may return null to write nothing
 */
export async function changeVersion<T extends object>(
  store: ObjectStore,
  key: string,
  readVersion: () => Promise<DocumentVersion<T> | null>,
  change: (found: T | null) => T | null,
): Promise<DocumentVersion<T> | null> {
  for (;;) {
    const found = await readVersion();
    const changed = change(found?.document ?? null);
    const text = JSON.stringify(changed);
    if (changed === null || text === JSON.stringify(found?.document)) return found;
    try {
      const condition = found ? { ifMatch: found.etag } : ({ ifNoneMatch: '*' } as const);
      const { etag } = await store.put(key, Buffer.from(`${text}\n`), condition);
      return { etag, document: changed };
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      await sleep(Math.random() * MAX_PAUSE_MS);
    }
  }
}
