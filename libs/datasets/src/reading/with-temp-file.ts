import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Keeps bytes that come from elsewhere in a temporary file while they are read: Parquet begins at its end. */
export async function* withTempFile<T>(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  read: (path: string) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const folder = await mkdtemp(join(tmpdir(), 'open-chatgpt-'));
  const path = join(folder, 'copy');
  try {
    try {
      await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new Error(
        `data set ${name}: no room for its copy in ${tmpdir()}. Make room, or set TMPDIR to a larger disk.`,
        { cause: error },
      );
    }
    yield* read(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
