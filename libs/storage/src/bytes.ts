import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ChecksumError, StorageError } from './errors';

/** Passes `source` through and fails with ChecksumError at its end unless its bytes have the hash `sha256` (hex). */
export function verified(source: AsyncIterable<Uint8Array>, sha256: string, key: string): Readable {
  async function* hashing() {
    const hash = createHash('sha256');
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
    const found = hash.digest('hex');
    if (found !== sha256)
      throw new ChecksumError(
        `"${key}" has sha256 ${found}, not ${sha256}: it was damaged or replaced. Write it again from its source.`,
      );
  }
  return Readable.from(hashing(), { objectMode: false });
}

/** The chunks of a body of either kind. */
export async function* chunksOf(body: Readable | Uint8Array): AsyncGenerator<Uint8Array> {
  if (!(Symbol.asyncIterator in body)) yield body;
  else for await (const chunk of body) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** Reads a small object. Throws above `limit` bytes, so that a wrong key cannot exhaust the memory. */
export async function readAll(
  source: AsyncIterable<Uint8Array>,
  limit: number,
  key: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit)
      throw new StorageError(
        `"${key}" is larger than ${limit} bytes, so it is not a document of this platform.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Splits `source` into buffers of exactly `size` bytes; only the last one is shorter. Yields at least one, maybe empty. */
export async function* inParts(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let part = Buffer.allocUnsafe(size);
  let filled = 0;
  let yielded = false;
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; ) {
      if (filled === size) {
        yield part;
        yielded = true;
        part = Buffer.allocUnsafe(size);
        filled = 0;
      }
      const taken = Math.min(size - filled, chunk.length - start);
      part.set(chunk.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
    }
  }
  if (filled > 0 || !yielded) yield part.subarray(0, filled);
}
