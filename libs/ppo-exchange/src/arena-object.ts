import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Dataref } from '@open-chatgpt/events';
import { type ObjectStore, StorageError } from '@open-chatgpt/storage';
import type { ArenaFile } from '@open-chatgpt/training';
import { datarefOf, readObject } from './exchanged-objects';
import { allocateReusable, isSmall, keepRecent, recentObject } from './recent-objects';

const CHUNK_BYTES = 4 << 20;

/**
 * Stores weights or a training state as a safetensors object, named by its hash. The arenas must not change before this
 * resolves. An object that the store has already is not sent again.
 */
export async function putArenaFile(store: ObjectStore, prefix: string, file: ArenaFile): Promise<Dataref> {
  const hash = createHash('sha256');
  const size = file.byteLength;
  for (const chunk of chunksOf(file)) hash.update(chunk);
  const sha256 = hash.digest('hex');
  const key = `${prefix}/${sha256}.safetensors`;
  const reference = datarefOf(store, key, sha256, size);
  const small = isSmall(size) ? copyOf(file) : undefined;
  if (!(await store.head(key))) await store.put(key, small ?? streamOf(file), { scratch: true });
  if (small) keepRecent(reference, small, { reusable: true });
  return reference;
}

/**
 * Reads such an object into arenas, verified. After an error the contents of the arenas are undefined.
 * @throws ObjectNotFoundError, ChecksumError, or StorageError when the sizes differ
 */
export async function getArenaFile(store: ObjectStore, reference: Dataref, file: ArenaFile): Promise<void> {
  if (reference.size !== file.byteLength)
    throw new StorageError(
      `${reference.uri} has ${reference.size} bytes; expected ${file.byteLength}: it belongs to another model.`,
    );
  const fill = writerInto(file);
  const recent = recentObject(reference);
  if (recent) fill(recent);
  else for await (const chunk of await readObject(store, reference)) fill(chunk);
}

/** @returns writes chunks, one after the other, into the parts, one after the other. A full part is left at once. */
function writerInto(parts: Iterable<ArrayBufferView>): (chunk: Uint8Array) => void {
  const targets = parts[Symbol.iterator]();
  let [target, offset] = [targets.next(), 0];
  return (chunk) => {
    for (let done = 0; done < chunk.length; ) {
      if (target.done) return;
      const bytes = bytesOf(target.value);
      const taken = Math.min(chunk.length - done, bytes.length - offset);
      bytes.set(chunk.subarray(done, done + taken), offset);
      offset += taken;
      done += taken;
      if (offset === bytes.length) [target, offset] = [targets.next(), 0];
    }
  };
}

function copyOf(file: ArenaFile): Buffer {
  const copy = allocateReusable(file.byteLength);
  let offset = 0;
  for (const chunk of chunksOf(file)) {
    copy.set(chunk, offset);
    offset += chunk.length;
  }
  return copy;
}

/** Copies the chunks, because a socket takes no shared memory: one at a time, or the stream would join them. */
function streamOf(file: ArenaFile): Readable {
  function* copies() {
    for (const chunk of chunksOf(file)) yield Buffer.from(chunk);
  }
  return Readable.from(copies(), { objectMode: false, highWaterMark: 1 });
}

function* chunksOf(file: ArenaFile): Generator<Uint8Array> {
  for (const part of file) {
    const bytes = bytesOf(part);
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
      yield bytes.subarray(start, start + CHUNK_BYTES);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
