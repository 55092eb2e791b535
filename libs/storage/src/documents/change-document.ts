import { setTimeout as sleep } from 'node:timers/promises';
import { readAll } from '../bytes';
import { ObjectNotFoundError, PreconditionFailedError, StorageError } from '../errors';
import type { ObjectStore } from '../object-store';

const MOST_BYTES = 16 << 20;
const LONGEST_PAUSE_MS = 50;

async function read(store: ObjectStore, key: string): Promise<{ etag: string; document: unknown } | null> {
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
 * @returns the document as it was written
 */
export async function changeDocument<T extends object>(
  store: ObjectStore,
  key: string,
  change: (found: unknown) => T,
): Promise<T> {
  for (;;) {
    const found = await read(store, key);
    const changed = change(found?.document ?? null);
    try {
      const condition = found ? { ifMatch: found.etag } : ({ ifNoneMatch: '*' } as const);
      await store.put(key, Buffer.from(`${JSON.stringify(changed, null, 2)}\n`), condition);
      return changed;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) throw error;
      await sleep(Math.random() * LONGEST_PAUSE_MS);
    }
  }
}
