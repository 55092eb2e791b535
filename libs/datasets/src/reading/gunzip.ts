import { createGunzip } from 'node:zlib';
import type { BombGuard } from './bomb-guard';
import { CorruptFileError } from './errors';

/** Bytes of output at a time: at most so many are lost before a damaged place. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Decompresses gzip, also with several members. Yields everything before the place where the stream is cut off.
 * @throws CorruptFileError
 */
export async function* gunzip(packed: AsyncIterable<Buffer>, guard: BombGuard): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let failure: Error | undefined;
  const ready: Buffer[] = [];
  let wake: () => void = () => undefined;
  unzip.on('data', (chunk: Buffer) => {
    ready.push(chunk);
    // One chunk at a time: a decompression bomb must not expand in memory.
    unzip.pause();
    wake();
  });
  unzip.on('error', (error) => {
    failure = error;
    wake();
  });
  let position = 0;
  /** Yields the decompressed bytes until `done` resolves. */
  async function* drain(done: Promise<void>): AsyncGenerator<Buffer> {
    let pending = true;
    done.then(() => {
      pending = false;
      wake();
    });
    while (pending || ready.length > 0) {
      const chunk = ready.shift();
      if (chunk) {
        guard.out(chunk.length);
        yield chunk;
        unzip.resume();
      } else if (failure) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (failure) throw new CorruptFileError('gzip', `${failure.message} before byte ${position}`);
  }
  try {
    for await (const chunk of packed) {
      guard.in(chunk.length);
      position += chunk.length;
      yield* drain(new Promise((resolve) => unzip.write(chunk, () => resolve())));
    }
    // Ended separately from the last bytes: Node drops the output of the write that finds the end missing.
    const ended = new Promise<void>((resolve) => unzip.once('end', resolve));
    unzip.end();
    yield* drain(ended);
  } finally {
    unzip.destroy();
  }
}

export const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
