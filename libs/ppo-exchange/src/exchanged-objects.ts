import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Dataref } from '@open-chatgpt/events';
import { checkKey, type ObjectStore, StorageError } from '@open-chatgpt/storage';
import { forgetRecent, keepRecent, recentObject } from './recent-objects';

/** The reference to an object whose bytes have this hash. */
export function datarefOf(store: ObjectStore, key: string, sha256: string, size: number): Dataref {
  return { uri: `${baseOf(store)}${key}`, sha256, size, version: sha256.slice(0, 32) };
}

/** The key of an object in this store. @throws StorageError when the object is in another store */
export function keyOf(store: ObjectStore, { uri }: Dataref): string {
  const base = baseOf(store);
  if (!uri.startsWith(base))
    throw new StorageError(
      `${uri} is not in the store ${store.url}; all services of a run need the same store.`,
    );
  const key = uri.slice(base.length);
  checkKey(key);
  return key;
}

/**
 * Stores an object that is needed only while the run goes on. Its key ends in the beginning of its hash, so the same
 * bytes stored again replace nothing.
 * @param bytes not changed after this
 */
export async function putObject(
  store: ObjectStore,
  { prefix, extension }: { prefix: string; extension: string },
  bytes: Buffer,
): Promise<Dataref> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = `${prefix}-${sha256.slice(0, 16)}.${extension}`;
  await store.put(key, bytes, { scratch: true });
  const reference = datarefOf(store, key, sha256, bytes.length);
  keepRecent(reference, bytes);
  return reference;
}

/** The bytes of an exchanged object, verified. @throws ObjectNotFoundError, ChecksumError */
export async function getObject(store: ObjectStore, reference: Dataref): Promise<Buffer> {
  const recent = recentObject(reference);
  if (recent) return Buffer.from(recent);
  return buffer(await store.get(keyOf(store, reference), { sha256: reference.sha256 }));
}

/** The same as a stream. It throws ChecksumError at its end. @throws ObjectNotFoundError */
export async function readObject(
  store: ObjectStore,
  reference: Dataref,
): Promise<Iterable<Buffer> | AsyncIterable<Buffer>> {
  const recent = recentObject(reference);
  if (recent) return [Buffer.from(recent)];
  return store.get(keyOf(store, reference), { sha256: reference.sha256 });
}

/** Removes an exchanged object, if it exists. */
export async function removeObject(store: ObjectStore, reference: Dataref): Promise<void> {
  await store.delete(keyOf(store, reference));
  forgetRecent(reference.uri);
}

/** Removes all objects whose keys have this prefix and are outdated. */
export async function removeObjects(
  store: ObjectStore,
  prefix: string,
  isOutdated: (key: string) => boolean = () => true,
): Promise<void> {
  for await (const { key } of store.list(prefix)) if (isOutdated(key)) await store.delete(key);
  const base = baseOf(store);
  forgetRecent(`${base}${prefix}`, (uri) => isOutdated(uri.slice(base.length)));
}

const baseOf = ({ url }: ObjectStore) => (url.endsWith('/') ? url : `${url}/`);
