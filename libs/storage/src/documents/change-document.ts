import { setTimeout as sleep } from 'node:timers/promises';
import { readAll } from '../bytes';
import { ObjectNotFoundError, PreconditionFailedError, StorageError } from '../errors';
import type { ObjectStore } from '../object-store';

const MOST_BYTES = 16 << 20;
const LONGEST_PAUSE_MS = 50;

/** A JSON document, and the etag of the object that holds it. */
export interface DocumentVersion<T> {
  etag: string;
  document: T;
}

async function read(store: ObjectStore, key: string): Promise<DocumentVersion<object> | null> {
  const found = await store.head(key);
  if (!found) return null;
  try {
    const text = (await readAll(await store.get(key), MOST_BYTES, key)).toString();
    return { etag: found.etag, document: JSON.parse(text) };
  } catch (error) {
    // Deleted since we looked.
    if (error instanceof ObjectNotFoundError) return null;
    if (!(error instanceof SyntaxError)) throw error;
    throw new StorageError(
      `"${key}" is not JSON: it was damaged or written by others; delete or repair it.`,
      {
        cause: error,
      },
    );
  }
}

/** A JSON document; null where there is none. The caller checks that it is what it should be. */
export async function readDocument(store: ObjectStore, key: string): Promise<unknown> {
  return (await read(store, key))?.document ?? null;
}

/**
 * Makes a JSON document of what there is (null: nothing), by compare-and-swap: again, from what there then is, when
 * somebody else wrote in between. `change` may throw, and then nothing is written.
 * @returns the document as it then is
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
 * The same for a caller that reads in its own way, such as from what it has kept.
 * @param change may give null, to leave everything as it is
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
      await sleep(Math.random() * LONGEST_PAUSE_MS);
    }
  }
}
