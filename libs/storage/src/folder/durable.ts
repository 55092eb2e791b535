import { fsync, write as writeSome } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { close, makePath, open, write } from './sync-file-calls';

const sync = promisify(fsync);

/** More bytes are written while others go on. */
const MOST_AT_ONCE = 4 << 20;

/** Makes the names in a folder survive a power cut. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await syncPath(folder, 'r');
}

/** Forces the bytes of a file to the disk. */
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

/** `mkdir -p` whose new folders survive a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await makePath(folder);
  if (!first) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Writes all chunks to a file that is new, and closes it.
 * @param file its descriptor
 * @param how `guard` translates the disk's errors only; `durable` forces the bytes to the disk
 */
export async function writeNewFile(
  file: number,
  chunks: AsyncIterable<Uint8Array>,
  { guard, durable }: { guard: <T>(work: Promise<T>) => Promise<T>; durable: boolean },
): Promise<void> {
  try {
    for await (const chunk of chunks)
      await guard(chunk.length > MOST_AT_ONCE ? writeLarge(file, chunk) : write(file, chunk));
    if (durable) await guard(sync(file));
  } finally {
    await close(file);
  }
}

async function writeLarge(file: number, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; )
    done += (await promisify(writeSome)(file, chunk, done)).bytesWritten;
}
