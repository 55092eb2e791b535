import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  type RowGroup,
} from 'hyparquet';
import { asBuffer } from './chunks';
import { Damaged } from './damage';
import type { ReadLimits } from './limits';
import { type ColumnBytes, checkPages, columnRanges } from './parquet-check';
import { PARQUET_CODECS } from './parquet-codecs';
import { INVALID_TEXT, jsonValue } from './parquet-value';
import type { RawRow } from './row';

export const PARQUET_MAGIC = Buffer.from('PAR1');

/** Text with invalid UTF-8 is marked, to leave out its row. */
const parsers = {
  stringFromBytes: (bytes: Uint8Array) => (isUtf8(bytes) ? asBuffer(bytes).toString('utf8') : INVALID_TEXT),
  jsonFromBytes: (bytes: Uint8Array) => {
    try {
      return JSON.parse(asBuffer(bytes).toString('utf8'));
    } catch {
      return INVALID_TEXT;
    }
  },
};

/**
 * The rows of a Parquet file, one row group in memory at a time. What is wrong in a group does not touch those before it.
 * @throws Damaged
 */
export async function* readParquet(path: string, limits: ReadLimits): AsyncGenerator<RawRow> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const metadata = await readMetadata(handle, size);
    let line = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      for (const row of await readGroup(handle, size, metadata, group, limits).catch((error: Error) => {
        throw new Damaged(
          'Parquet',
          `row group ${index + 1} of ${metadata.row_groups.length}: ${error.message}`,
        );
      })) {
        yield jsonValue(row, ++line, limits.maxRowBytes);
      }
    }
  } finally {
    await handle.close();
  }
}

async function readMetadata(handle: FileHandle, size: number): Promise<FileMetaData> {
  try {
    const end = await slice(handle, Math.max(0, size - 4), size);
    if (asBuffer(end).toString('latin1') !== 'PAR1') throw new Error('its last bytes are missing');
    const file: AsyncBuffer = {
      byteLength: size,
      slice: async (from, to = size) => (await slice(handle, from, to)).buffer as ArrayBuffer,
    };
    const metadata = await parquetMetadataAsync(file, { parsers, geoparquet: false });
    if (!Array.isArray(metadata.row_groups) || !Array.isArray(metadata.schema))
      throw new Error('no row groups');
    return metadata;
  } catch (error) {
    throw new Damaged('Parquet', `${(error as Error).message}, ${size} bytes are there`);
  }
}

async function readGroup(
  handle: FileHandle,
  size: number,
  metadata: FileMetaData,
  group: RowGroup,
  limits: ReadLimits,
): Promise<Record<string, unknown>[]> {
  const rows = Number(group.num_rows);
  if (rows === 0) return [];
  const columns: ColumnBytes[] = [];
  for (const { start, end } of columnRanges(group, size, limits)) {
    const bytes = await slice(handle, start, end);
    checkPages(bytes, rows, limits);
    columns.push({ start, bytes });
  }
  const file: AsyncBuffer = {
    byteLength: size,
    slice: async (from, to = size) => {
      const column = columns.find(({ start, bytes }) => from >= start && to <= start + bytes.length);
      if (column) return column.bytes.slice(from - column.start, to - column.start).buffer as ArrayBuffer;
      return (await slice(handle, from, to)).buffer as ArrayBuffer;
    },
  };
  const found = await parquetReadObjects({
    file,
    metadata: { ...metadata, num_rows: group.num_rows, row_groups: [group] },
    compressors: PARQUET_CODECS,
    parsers,
    geoparquet: false,
  });
  if (found.length !== rows) throw new Error(`${found.length} rows where ${rows} should be`);
  return found;
}

async function slice(handle: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, to - from));
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, from + read);
    if (bytesRead === 0) throw new Error(`ends at byte ${from + read}`);
    read += bytesRead;
  }
  return bytes;
}
