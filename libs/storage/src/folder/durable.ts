import { fsync, write as writeSome } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { close, makePath, open, write } from './sync-file-calls';

const sync = promisify(fsync);

/** Larger chunks are written on the thread pool, so that they do not block the event loop. */
const MAX_SYNC_BYTES = 4 << 20;

/** Makes new names in a folder durable (fsync of the folder). Windows does not support it and does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await syncPath(folder, 'r');
}

/** Makes the bytes of a file durable (fsync). */
export async function syncFile(path: string): Promise<void> {
  await syncPath(path, 'r+');
}

async function syncPath(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await sync(file);
  } finally {
    await close(file);
  }
}

/** `mkdir -p`, and makes the new folders durable. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await makePath(folder);
  if (!first) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Writes all chunks to a new file, and closes it.
 * @param file the file descriptor
 * @param options `guard` translates the errors of the disk, not those of `chunks`; `durable` makes the bytes durable
 */
export async function writeNewFile(
  file: number,
  chunks: AsyncIterable<Uint8Array>,
  { guard, durable }: { guard: <T>(work: Promise<T>) => Promise<T>; durable: boolean },
): Promise<void> {
  try {
    for await (const chunk of chunks)
      await guard(chunk.length > MAX_SYNC_BYTES ? writeLarge(file, chunk) : write(file, chunk));
    if (durable) await guard(sync(file));
  } finally {
    await close(file);
  }
}

async function writeLarge(file: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; )
    done += (await promisify(writeSome)(file, chunk, done)).bytesWritten;
}
