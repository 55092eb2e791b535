import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ObjectStore } from '../object-store';

/** Pseudo-random bytes, always the same for one seed. */
export function bytes(size: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, size);
}

export const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** The content as a stream of chunks. The default chunk size does not divide the part size. */
export function streamOf(content: Buffer, chunk = 100_003): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < content.length; at += chunk) yield content.subarray(at, at + chunk);
    })(),
    { objectMode: false },
  );
}

/** Reads an object. Compare large ones with `equals`, because Jest would print the whole difference. */
export async function read(store: ObjectStore, key: string): Promise<Buffer> {
  return buffer(await store.get(key));
}

export const text = async (store: ObjectStore, key: string) => String(await read(store, key));
