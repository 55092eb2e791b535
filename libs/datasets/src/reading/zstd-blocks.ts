import { CorruptFileError } from './errors';

const FRAME_MAGIC = 0xfd2fb528;
const MIB = 2 ** 20;
/** The largest window that zstd decompresses by default. */
const MAX_WINDOW_BYTES = 128 * MIB;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];

/**
 * Splits zstd data into its parts: frame headers, blocks, checksums. Each part decompresses to one block at most, windows are checked
 * before memory is allocated for them, and a missing end is detected. (RFC 8878, section 3.1.)
 */
export class ZstdBlocks {
  private held: Buffer = Buffer.alloc(0);
  private position = 0;
  private state: 'frame' | 'block' | 'checksum' | 'skip' = 'frame';
  private hasChecksum = false;
  private skip = 0;

  /** @throws CorruptFileError when the data is not zstd */
  *push(chunk: Buffer): Generator<Buffer> {
    let data = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    for (;;) {
      const size = this.pieceSize(data);
      if (size === null || data.length < size) break;
      const piece = data.subarray(0, size);
      const inSkipped = this.state === 'skip';
      this.advance(piece);
      this.position += size;
      data = data.subarray(size);
      if (!inSkipped && this.state !== 'skip') yield piece;
    }
    this.held = data;
  }

  /** @throws CorruptFileError when the data does not end where a frame does */
  end(): void {
    if (this.state !== 'frame' || this.held.length > 0) throw this.damaged('cut off');
  }

  /** Bytes of the part that begins here; null when more bytes are needed to know. */
  private pieceSize(data: Buffer): number | null {
    if (this.state === 'checksum') return 4;
    // A part of a frame to be skipped, which may have 4 GB.
    if (this.state === 'skip') return Math.min(this.skip, Math.max(1, data.length));
    if (this.state === 'block') {
      if (data.length < 3) return null;
      const header = data.readUIntLE(0, 3);
      // A block of one repeated byte.
      return 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    if (data.length < 5) return null;
    const magic = data.readUInt32LE(0);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) return 8;
    if (magic !== FRAME_MAGIC) throw this.damaged('no frame begins here');
    return frameHeaderSize(data[4]);
  }

  private advance(piece: Buffer): void {
    if (this.state === 'skip') {
      this.skip -= piece.length;
      if (this.skip === 0) this.state = 'frame';
    } else if (this.state === 'checksum') this.state = 'frame';
    else if (this.state === 'block') {
      const header = piece.readUIntLE(0, 3);
      if (header >> 3 > MIB / 8) throw this.damaged('a block of more than 128 KiB');
      if ((header & 1) === 1) this.state = this.hasChecksum ? 'checksum' : 'frame';
    } else if (piece.readUInt32LE(0) !== FRAME_MAGIC) {
      this.skip = piece.readUInt32LE(4);
      this.state = 'skip';
    } else {
      if ((piece[4] & 3) !== 0) throw this.damaged('needs a dictionary; pack it again without one');
      const window = windowSize(piece);
      if (window > MAX_WINDOW_BYTES) {
        throw this.damaged(
          `needs ${window} bytes of memory to unpack; pack it again with zstd --long=27 or less`,
        );
      }
      this.hasChecksum = (piece[4] & 4) !== 0;
      this.state = 'block';
    }
  }

  private damaged(reason: string): CorruptFileError {
    return new CorruptFileError('zstd', `${reason} at byte ${this.position}`);
  }
}

function frameHeaderSize(descriptor: number): number {
  const single = (descriptor >> 5) & 1;
  const content = CONTENT_SIZE_BYTES[descriptor >> 6] || single;
  return 5 + (1 - single) + DICTIONARY_BYTES[descriptor & 3] + content;
}

function windowSize(header: Buffer): number {
  const descriptor = header[4];
  if (((descriptor >> 5) & 1) === 0) {
    const base = 2 ** (10 + (header[5] >> 3));
    return base + (base / 8) * (header[5] & 7);
  }
  const start = 5 + DICTIONARY_BYTES[descriptor & 3];
  const bytes = CONTENT_SIZE_BYTES[descriptor >> 6] || 1;
  if (bytes === 8) return Number(header.readBigUInt64LE(start));
  return header.readUIntLE(start, bytes) + (bytes === 2 ? 256 : 0);
}
