import type { GgufMetadataEntry } from '@open-chatgpt/tokenizer';

export type MetadataEntry = GgufMetadataEntry;

/** Types by their number in the file (gguf.md, enum gguf_metadata_value_type). */
const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8 } as const;
const ARRAY = 9;

const FIRST_BYTES = 1024 * 1024;

/** Appends little-endian values to a buffer that grows. */
export class MetadataWriter {
  private buffer = Buffer.alloc(FIRST_BYTES);
  private length = 0;

  bytes(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.buffer.set(bytes, at);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeUInt32LE(value, at);
  }

  i32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeInt32LE(value, at);
  }

  u64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeBigUInt64LE(BigInt(value), at);
  }

  f32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeFloatLE(value, at);
  }

  bool(value: boolean): void {
    const at = this.reserve(1);
    this.buffer.writeUInt8(value ? 1 : 0, at);
  }

  string(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  finish(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  /** Makes room, perhaps in a new buffer. */
  private reserve(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.buffer.length) {
      const larger = Buffer.alloc(Math.max(this.length, 2 * this.buffer.length));
      larger.set(this.buffer.subarray(0, at));
      this.buffer = larger;
    }
    return at;
  }
}

export function encodeMetadata(writer: MetadataWriter, entry: MetadataEntry): void {
  writer.string(entry.key);
  const { type } = entry;
  const write = (value: never) => (writer[type] as (value: never) => void).call(writer, value);
  if (Array.isArray(entry.value)) {
    writer.u32(ARRAY);
    writer.u32(TYPES[type]);
    writer.u64(entry.value.length);
    for (const value of entry.value) write(value as never);
    return;
  }
  writer.u32(TYPES[type]);
  write(entry.value as never);
}
