import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  type RowGroup,
} from 'hyparquet';
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js';
import { BombGuard } from './bomb-guard';
import { asBuffer } from './chunks';
import { CorruptFileError, UnpacksTooMuchError } from './errors';
import type { ReadLimits } from './limits';
import { columnRanges } from './parquet-check';
import { decodeGroup } from './parquet-group';
import { INVALID_TEXT, jsonValue } from './parquet-value';
import { parseJson } from './parse-json';
import type { RawRow } from './row';

export const PARQUET_MAGIC = Buffer.from('PAR1');

/** Marks text with invalid UTF-8, so that its row is left out. */
const parsers: ParquetParsers = {
  ...DEFAULT_PARSERS,
  stringFromBytes: (bytes: Uint8Array) => (isUtf8(bytes) ? asBuffer(bytes).toString('utf8') : INVALID_TEXT),
  jsonFromBytes: (bytes: Uint8Array) => {
    try {
      return parseJson(asBuffer(bytes).toString('utf8'));
    } catch {
      return INVALID_TEXT;
    }
  },
};

/**
 * The rows of a Parquet file, with one row group in memory at a time. The groups before a damaged one are read. Pages, values and the
 * texts of rows count as unpacked bytes: a dictionary can repeat one text in millions of rows.
 * @param name of the dataset, for messages
 * @throws CorruptFileError, UnpacksTooMuchError
 */
export async function* readParquet(name: string, path: string, limits: ReadLimits): AsyncGenerator<RawRow> {
  const guard = new BombGuard(name, limits);
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const metadata = await readMetadata(handle, size);
    let line = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      for (const row of await readGroup(handle, size, metadata, group, limits, guard).catch(
        (error: Error) => {
          if (error instanceof UnpacksTooMuchError) throw error;
          throw new CorruptFileError(
            'Parquet',
            `row group ${index + 1} of ${metadata.row_groups.length}: ${error.message}`,
          );
        },
      )) {
        yield jsonValue(row, ++line, limits.maxRowBytes, guard);
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
    throw new CorruptFileError('Parquet', `${(error as Error).message}, ${size} bytes are there`);
  }
}

async function readGroup(
  handle: FileHandle,
  size: number,
  metadata: FileMetaData,
  group: RowGroup,
  limits: ReadLimits,
  guard: BombGuard,
): Promise<Iterable<Record<string, unknown>>> {
  if (Number(group.num_rows) === 0) return [];
  const bytes: Uint8Array[] = [];
  for (const { start, end } of columnRanges(group, size, limits)) {
    guard.in(end - start);
    bytes.push(await slice(handle, start, end));
  }
  return decodeGroup(metadata, group, bytes, parsers, limits, guard);
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
