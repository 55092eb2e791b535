import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { Parts } from '@open-chatgpt/runtime';

/** Files are written and hashed in chunks of this size, without a second copy in memory. */
const chunkBytes = 4 << 20;

export type WriteChunk = (chunk: ArrayBufferView) => Promise<void>;

/**
 * Content of one file: bytes, the consecutive parts of an arena (typed arrays are written as in memory, little-endian; each
 * is written before the next is taken), or a function that writes chunks.
 */
export type CheckpointContent = ArrayBufferView | Parts | ((write: WriteChunk) => Promise<void>);

export interface FileDigest {
  bytes: number;
  sha256: string;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  if (endianness() !== 'LE')
    throw new Error('checkpoints: this machine is big-endian; expected a little-endian one');
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Creates a file, writes its content, and returns when the content is durable. */
export async function writeDurably(path: string, content: CheckpointContent): Promise<FileDigest> {
  const file = await open(path, 'wx');
  const hash = createHash('sha256');
  let bytes = 0;
  const write: WriteChunk = async (view) => {
    const all = bytesOf(view);
    for (let start = 0; start < all.length; start += chunkBytes) {
      const chunk = all.subarray(start, start + chunkBytes);
      for (let done = 0; done < chunk.length; ) done += (await file.write(chunk.subarray(done))).bytesWritten;
      hash.update(chunk);
      bytes += chunk.length;
    }
  };
  try {
    if (typeof content === 'function') await content(write);
    else for (const view of ArrayBuffer.isView(content) ? [content] : content) await write(view);
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Reads a file into memory. @throws Error when its size differs from the file's */
export async function readInto(path: string, memory: ArrayBufferView | Parts): Promise<void> {
  const { byteLength } = memory;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size !== byteLength) throw new Error(`${path}: expected ${byteLength} bytes; found ${size}`);
    for (const part of ArrayBuffer.isView(memory) ? [memory] : memory) {
      const target = bytesOf(part);
      for (let done = 0; done < target.length; ) {
        const { bytesRead } = await file.read(target, done, Math.min(chunkBytes, target.length - done));
        if (bytesRead === 0)
          throw new Error(`${path}: the file ends after ${done} of ${target.length} bytes`);
        done += bytesRead;
      }
    }
  } finally {
    await file.close();
  }
}

export async function digestFile(path: string): Promise<FileDigest> {
  const file = await open(path, 'r');
  const hash = createHash('sha256');
  const buffer = new Uint8Array(chunkBytes);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Makes the directory entries of a folder durable. Windows has no such call and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
