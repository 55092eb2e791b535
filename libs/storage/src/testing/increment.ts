import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectNotFoundError, PreconditionFailedError } from '../errors';
import type { ObjectStore } from '../object-store';

/** Adds one to the number in an object by compare-and-swap, and retries after conflicts. */
export async function increment(store: ObjectStore, key: string): Promise<void> {
  for (;;) {
    const found = await store.head(key);
    try {
      const value = found ? Number(await buffer(await store.get(key))) : 0;
      const condition = found ? { ifMatch: found.etag } : ({ ifNoneMatch: '*' } as const);
      await store.put(key, Buffer.from(String(value + 1)), condition);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError) && !(error instanceof ObjectNotFoundError)) throw error;
      await sleep(Math.random() * 20);
    }
  }
}
