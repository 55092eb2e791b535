import { randomUUID } from 'node:crypto';
import type { ObjectStore } from './object-store';

/** Objects that are written to learn the time; each exists for a moment. */
const PROBES = 'time';

/**
 * The time of the store's clock, which also dates its objects: ages of objects are right only by it, whatever the clock
 * of this machine says. S3 rounds it down to whole seconds. Throws the errors of the store.
 */
export async function storeTime(store: ObjectStore): Promise<Date> {
  const key = `${PROBES}/${randomUUID()}`;
  await store.put(key, Buffer.alloc(0), { scratch: true });
  try {
    return (await store.head(key))!.lastModified;
  } finally {
    await store.delete(key);
  }
}
