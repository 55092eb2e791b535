import { Decompress } from 'fzstd';
import type { BombGuard } from './bomb-guard';
import { asBuffer } from './chunks';
import { CorruptFileError } from './errors';
import { ZstdBlocks } from './zstd-blocks';

export const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * Decompresses zstd, also with several frames, block by block. Checksums are not compared, because fzstd does not support them.
 * @throws CorruptFileError
 */
export async function* unzstd(packed: AsyncIterable<Buffer>, guard: BombGuard): AsyncGenerator<Buffer> {
  const blocks = new ZstdBlocks();
  const unpacked: Buffer[] = [];
  const decompress = new Decompress((data) => {
    if (data.length > 0) unpacked.push(asBuffer(data));
  });
  let position = 0;
  function* unpack(piece: Buffer, final: boolean): Generator<Buffer> {
    try {
      // A copy: fzstd keeps a reference to the bytes that it cannot use yet.
      decompress.push(new Uint8Array(piece), final);
    } catch (error) {
      throw new CorruptFileError('zstd', `${(error as Error).message} at byte ${position}`);
    }
    position += piece.length;
    for (const data of unpacked.splice(0)) {
      guard.out(data.length);
      yield data;
    }
  }
  for await (const chunk of packed) {
    guard.in(chunk.length);
    for (const piece of blocks.push(chunk)) yield* unpack(piece, false);
  }
  blocks.end();
  yield* unpack(Buffer.alloc(0), true);
}
