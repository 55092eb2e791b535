import type { FileHandle } from 'node:fs/promises';
import { ModelFileError } from './model-file-error';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Node cannot read 2 GiB in one call. */
const LARGEST_READ = 1024 ** 3;

/**
 * Reads `length` bytes from `offset` in chunks whose size is a multiple of `unit`. Only one chunk is in memory at a time.
 *
 * @param use receives each chunk, which is valid only during the call, and its offset within the range
 */
export async function readChunks(
  file: FileHandle,
  range: { offset: number; length: number; unit: number; where: string },
  use: (chunk: Uint8Array, start: number) => void,
): Promise<void> {
  const chunkBytes = Math.max(range.unit, CHUNK_BYTES - (CHUNK_BYTES % range.unit));
  const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, range.length));
  for (let start = 0; start < range.length; start += buffer.length) {
    const length = Math.min(buffer.length, range.length - start);
    await readExactly(file, buffer.subarray(0, length), range.offset + start, range.where);
    use(buffer.subarray(0, length), start);
  }
}

/** Fills `buffer` from `position`. @throws ModelFileError when the file ends first, for example because it shrinks */
export async function readExactly(
  file: FileHandle,
  buffer: Uint8Array,
  position: number,
  where: string,
): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await file.read(
      buffer,
      done,
      Math.min(buffer.length - done, LARGEST_READ),
      position + done,
    );
    if (bytesRead === 0)
      throw new ModelFileError(
        where,
        `the file ends at byte ${position + done}; download or export it again`,
      );
    done += bytesRead;
  }
}
