import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { decodeRow } from './decode-row';
import {
  FOOTER_BYTES,
  MAGIC,
  PREFIX_BYTES,
  type ShardHeader,
  shardHeader,
  TABLE_ENTRY_BYTES,
  VERSION,
} from './format';
import type { ShardRow } from './rows';

/** A longer header means that the shard is damaged. */
const MAX_HEADER_BYTES = 1 << 16;

/** One open shard. Rows are read in any order; only the table is in memory. */
export interface ShardReader {
  header: ShardHeader;
  /** `[rows]`: tokens of each row. */
  tokenLengths: Uint32Array;
  row(index: number): Promise<ShardRow>;
  close(): Promise<void>;
}

/** Opens a shard and checks its structure. Throws when it is truncated, damaged, or of another version. */
export async function openShard(path: string): Promise<ShardReader> {
  const handle = await open(path, 'r');
  try {
    return await read(path, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function read(path: string, handle: FileHandle): Promise<ShardReader> {
  const refuse = (found: string): never => {
    throw new Error(`shard ${path}: ${found}. Ingest the dataset again, or fetch it again.`);
  };
  const { size } = await handle.stat();
  const bytesAt = async (offset: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(bytes, 0, length, offset);
    return bytesRead === length ? bytes : refuse(`ends at byte ${offset + bytesRead} while it is read`);
  };
  if (size < PREFIX_BYTES + FOOTER_BYTES) refuse(`${size} bytes are too few for a shard; it is cut off`);

  const prefix = await bytesAt(0, PREFIX_BYTES);
  if (prefix.toString('latin1', 0, 8) !== MAGIC) {
    refuse(`begins with ${JSON.stringify(prefix.toString('latin1', 0, 8))}, not "${MAGIC}"; it is no shard`);
  }
  const version = prefix.readUInt32LE(8);
  if (version !== VERSION) refuse(`is of version ${version}; this program reads version ${VERSION}`);
  const headerBytes = prefix.readUInt32LE(12);
  if (headerBytes > Math.min(MAX_HEADER_BYTES, size - PREFIX_BYTES - FOOTER_BYTES))
    refuse(`a header of ${headerBytes} bytes does not fit in`);
  const header = parseHeader((await bytesAt(PREFIX_BYTES, headerBytes)).toString(), refuse);

  const footer = await bytesAt(size - FOOTER_BYTES, FOOTER_BYTES);
  if (footer.toString('latin1', 16) !== MAGIC || footer.readUInt32LE(12) !== VERSION)
    refuse('has no footer; it is cut off');
  const rows = footer.readUInt32LE(0);
  const tableOffset = Number(footer.readBigUInt64LE(4));
  const start = PREFIX_BYTES + headerBytes;
  if (tableOffset < start || tableOffset + rows * TABLE_ENTRY_BYTES + FOOTER_BYTES !== size)
    refuse(`a table of ${rows} rows at byte ${tableOffset} does not fit into ${size} bytes`);

  const table = await bytesAt(tableOffset, rows * TABLE_ENTRY_BYTES);
  const { starts, tokenLengths } = readTable(table, tableOffset - start, refuse);
  return {
    header,
    tokenLengths,
    async row(index) {
      if (!Number.isInteger(index) || index < 0 || index >= rows)
        throw new Error(`shard ${path}: row ${index} does not exist; expected 0 to ${rows - 1}.`);
      const bytes = await bytesAt(start + starts[index], starts[index + 1] - starts[index]);
      return decodeRow(bytes, header, `shard ${path}: row ${index}`);
    },
    close: () => handle.close(),
  };
}

function parseHeader(text: string, refuse: (found: string) => never): ShardHeader {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`its header is no JSON (${(error as Error).message})`);
  }
  const parsed = shardHeader.safeParse(value);
  return parsed.success ? parsed.data : refuse(`its header is wrong: ${z.prettifyError(parsed.error)}`);
}

/** The offset of each row, followed by the end of the last one, and the tokens of each. */
function readTable(table: Buffer, end: number, refuse: (found: string) => never) {
  const rows = table.length / TABLE_ENTRY_BYTES;
  const starts = new Uint32Array(rows + 1);
  const tokenLengths = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    starts[row] = table.readUInt32LE(row * TABLE_ENTRY_BYTES);
    tokenLengths[row] = table.readUInt32LE(row * TABLE_ENTRY_BYTES + 4);
    if (starts[row] > end || (row > 0 && starts[row] < starts[row - 1]) || (row === 0 && starts[0] !== 0))
      refuse(`row ${row} starts at byte ${starts[row]}, out of order or out of range`);
  }
  starts[rows] = end;
  return { starts, tokenLengths };
}
