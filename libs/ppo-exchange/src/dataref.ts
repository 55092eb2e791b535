import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Dataref } from '@open-chatgpt/events';
import { checkKey, type ObjectStore, StorageError } from '@open-chatgpt/storage';
import { forgetRecent, keepRecent, recentObject } from './recent-objects';

/** The reference to an object whose bytes have this hash. */
export function datarefOf(store: ObjectStore, key: string, sha256: string, size: number): Dataref {
  return { uri: `${baseOf(store)}${key}`, sha256, size, version: sha256.slice(0, 32) };
}

/** The key that the reference has in this store. @throws StorageError when it is another store's */
export function keyOf(store: ObjectStore, { uri }: Dataref): string {
  const base = baseOf(store);
  if (!uri.startsWith(base))
    throw new StorageError(
      `${uri} does not lie in the store ${store.url}; all services of a run need the same store.`,
    );
  const key = uri.slice(base.length);
  checkKey(key);
  return key;
}

/** Stores a small document that is of use while a run goes on, under a name that its content gives it. */
export async function putDocument(store: ObjectStore, prefix: string, document: object): Promise<Dataref> {
  const bytes = Buffer.from(JSON.stringify(document));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const key = `${prefix}-${sha256.slice(0, 16)}.json`;
  await store.put(key, bytes, { scratch: true });
  const reference = datarefOf(store, key, sha256, bytes.length);
  keepRecent(reference, bytes);
  return reference;
}

export async function getDocument(store: ObjectStore, reference: Dataref): Promise<unknown> {
  const chunks = await readObject(store, reference);
  const bytes = await buffer(Readable.from(chunks, { objectMode: false }));
  return JSON.parse(bytes.toString('utf8'));
}

/** The bytes of an object that was exchanged, verified. @throws ObjectNotFoundError, ChecksumError while reading */
export async function readObject(
  store: ObjectStore,
  reference: Dataref,
): Promise<Iterable<Buffer> | AsyncIterable<Buffer>> {
  const { sha256 } = reference;
  const recent = recentObject(reference);
  return recent ? [Buffer.from(recent)] : store.get(keyOf(store, reference), { sha256 });
}

/** Removes an object that was exchanged; nothing there is no error. */
export async function removeObject(store: ObjectStore, reference: Dataref): Promise<void> {
  await store.delete(keyOf(store, reference));
  forgetRecent(reference.uri);
}

/** Removes every object whose key starts so, and what this process has kept of them. */
export async function removeObjects(store: ObjectStore, start: string): Promise<void> {
  for await (const { key } of store.list(start)) await store.delete(key);
  forgetRecent(`${baseOf(store)}${start}`);
}

const baseOf = ({ url }: ObjectStore) => (url.endsWith('/') ? url : `${url}/`);
