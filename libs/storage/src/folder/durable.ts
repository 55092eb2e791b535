import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the names in a folder survive a power cut. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
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
 * Writes all chunks to a new file at `path`.
 * @param how `guard` translates the disk's errors only; `durable` forces the bytes to the disk
 */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  { guard, durable }: { guard: <T>(work: Promise<T>) => Promise<T>; durable: boolean },
): Promise<void> {
  const handle = await guard(open(path, 'wx'));
  try {
    for await (const chunk of chunks) await guard(handle.writeFile(chunk));
    if (durable) await guard(handle.sync());
  } finally {
    await handle.close();
  }
}
