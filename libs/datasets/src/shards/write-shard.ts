import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { encodeRow } from './encode-row';
import { FOOTER_BYTES, MAGIC, MAX_ROW_BYTES, type ShardEntry, type ShardHeader, VERSION } from './format';
import { documentsOf, type ShardRow, tokensOf } from './rows';

/** Bytes that are buffered before they are written. */
const CHUNK_BYTES = 1 << 20;

/** Writes one shard, row by row. Only the table is in memory. */
export class ShardWriter {
  rows = 0;
  bytes = 0;
  private documents = 0;
  private tokens = 0;
  private rowBytes = 0;
  private readonly table: number[] = [];
  private readonly hash = createHash('sha256');
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly header: ShardHeader,
  ) {}

  static async create(path: string, file: string, header: ShardHeader): Promise<ShardWriter> {
    const writer = new ShardWriter(file, await open(path, 'w'), header);
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(16);
    prefix.write(MAGIC, 'latin1');
    prefix.writeUInt32LE(VERSION, 8);
    prefix.writeUInt32LE(json.length, 12);
    await writer.put(prefix);
    await writer.put(json);
    return writer;
  }

  /** Adds a row. */
  async add(row: ShardRow): Promise<void> {
    await this.addEncoded(encodeRow(row, this.header), tokensOf(row), documentsOf(row));
  }

  /** Adds a row that `encodeRow` has encoded with this shard's header. */
  async addEncoded(bytes: Uint8Array, tokens: number, documents: number): Promise<void> {
    if (this.rowBytes + bytes.length > MAX_ROW_BYTES)
      throw new Error(`shard ${this.file}: more than 4 GiB; choose a smaller shardBytes.`);
    this.table.push(this.rowBytes, tokens);
    this.rowBytes += bytes.length;
    this.rows++;
    this.tokens += tokens;
    this.documents += documents;
    await this.put(bytes);
  }

  /** Writes the table and the footer, and syncs the file. @returns the entry of the shard in the index */
  async close(): Promise<ShardEntry> {
    const tableOffset = this.bytes;
    const table = Buffer.alloc(this.table.length * 4);
    this.table.forEach((value, index) => void table.writeUInt32LE(value, index * 4));
    await this.put(table);
    const footer = Buffer.alloc(FOOTER_BYTES);
    footer.writeUInt32LE(this.rows, 0);
    footer.writeBigUInt64LE(BigInt(tableOffset), 4);
    footer.writeUInt32LE(VERSION, 12);
    footer.write(MAGIC, 16, 'latin1');
    await this.put(footer);
    await this.flush();
    await this.handle.sync();
    await this.handle.close();
    const { file, bytes, rows, documents, tokens } = this;
    return { file, bytes, rows, documents, tokens, sha256: this.hash.digest('hex') };
  }

  /** Closes the file after an error. */
  async abandon(): Promise<void> {
    await this.handle.close();
  }

  private async put(bytes: Uint8Array): Promise<void> {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.bytes += bytes.length;
    if (this.waitingBytes >= CHUNK_BYTES) await this.flush();
  }

  private async flush(): Promise<void> {
    const chunk = Buffer.concat(this.waiting);
    this.waiting = [];
    this.waitingBytes = 0;
    this.hash.update(chunk);
    for (let at = 0; at < chunk.length; )
      at += (await this.handle.write(chunk, at, chunk.length - at)).bytesWritten;
  }
}
