import { UnpacksTooMuchError } from './errors';
import { RATIO_FREE_BYTES, type ReadLimits } from './limits';

/** Counts the compressed and decompressed bytes of one file. @throws UnpacksTooMuchError when the ratio or the total exceeds its limit */
export class BombGuard {
  private packed = 0;
  private unpacked = 0;

  constructor(
    private readonly name: string,
    private readonly limits: ReadLimits,
  ) {}

  in(bytes: number): void {
    this.packed += bytes;
  }

  out(bytes: number): void {
    this.unpacked += bytes;
    const { maxDecompressedBytes, maxCompressionRatio } = this.limits;
    if (this.unpacked > maxDecompressedBytes) {
      throw new UnpacksTooMuchError(
        `dataset ${this.name}: unpacks to more than ${maxDecompressedBytes} bytes. If that is right, raise maxDecompressedBytes.`,
      );
    }
    if (this.unpacked > RATIO_FREE_BYTES && this.unpacked > this.packed * maxCompressionRatio) {
      throw new UnpacksTooMuchError(
        `dataset ${this.name}: ${this.packed} bytes unpack to more than ${maxCompressionRatio} times as many, as a bomb does. ` +
          'If that is right, raise maxCompressionRatio.',
      );
    }
  }
}
