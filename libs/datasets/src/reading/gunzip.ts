import { createGunzip } from 'node:zlib';
import type { BombGuard } from './bomb-guard';
import { CorruptFileError } from './errors';

/** Output given out at a time: what is lost at most before a place that is found to be wrong. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Unpacks gzip, also of several members. All that was unpacked before the stream is cut off is given out.
 * @throws CorruptFileError
 */
export async function* gunzip(packed: AsyncIterable<Buffer>, guard: BombGuard): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let failure: Error | undefined;
  const ready: Buffer[] = [];
  let wake: () => void = () => undefined;
  unzip.on('data', (chunk: Buffer) => {
    ready.push(chunk);
    // One chunk at a time, or a bomb would unfold in memory.
    unzip.pause();
    wake();
  });
  unzip.on('error', (error) => {
    failure = error;
    wake();
  });
  let position = 0;
  /** Gives out what is unpacked until `done` is. */
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
    // Ended apart from the last bytes: Node drops what it unpacks in the write that finds the end missing.
    const ended = new Promise<void>((resolve) => unzip.once('end', resolve));
    unzip.end();
    yield* drain(ended);
  } finally {
    unzip.destroy();
  }
}

export const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
