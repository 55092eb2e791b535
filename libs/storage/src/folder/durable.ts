import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the names in a folder survive a power cut. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await sync(folder, 'r');
}

/** Forces the bytes of a file to the disk. */
export async function syncFile(path: string): Promise<void> {
  await sync(path, 'r+');
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** `mkdir -p` whose new folders survive a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (!first) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/**
 * Writes all chunks to a file that is new, and closes it.
 * @param how `guard` translates the disk's errors only; `durable` forces the bytes to the disk
 */
export async function writeNewFile(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  { guard, durable }: { guard: <T>(work: Promise<T>) => Promise<T>; durable: boolean },
): Promise<void> {
  try {
    for await (const chunk of chunks) await guard(file.writeFile(chunk));
    if (durable) await guard(file.sync());
  } finally {
    await file.close();
  }
}
