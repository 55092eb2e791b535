import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Writes the bytes of a dataset to a temporary file. @throws Error with what to do when there is no room, and what `bytes` throws */
export async function saveBytes(name: string, bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new Error(
      `dataset ${name}: no room for its copy in ${dirname(path)}. Make room, or set TMPDIR to a larger disk.`,
      { cause: error },
    );
  }
}
