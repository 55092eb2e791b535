import type { RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { BombGuard } from './bomb-guard';
import type { ReadLimits } from './limits';
import { checkLevels, checkRuns, type Levels, type PageHeader } from './parquet-runs';

/** Bytes of memory of a decoded value beside its content. */
const VALUE_BYTES = 32;
/** Values in a row of a column of lists, at most. */
const VALUES_PER_ROW = 64;

/**
 * The byte ranges of the columns of a row group, after a check that the file's metadata is possible. Its numbers determine the size of
 * arrays before anything is decoded, so a wrong number could exhaust memory or time.
 * @throws Error that names the impossible number
 */
export function columnRanges(
  group: RowGroup,
  fileBytes: number,
  limits: ReadLimits,
): { start: number; end: number }[] {
  const rows = Number(group.num_rows);
  if (!(rows >= 0 && rows <= limits.maxRowGroupRows)) {
    throw new Error(
      `a row group of ${rows} rows; at most ${limits.maxRowGroupRows} (maxRowGroupRows) are read together`,
    );
  }
  let unpacked = 0;
  return group.columns.map((column) => {
    const meta = column.meta_data;
    if (!meta || column.file_path) throw new Error('a column that is described elsewhere');
    const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
    const end = start + Number(meta.total_compressed_size);
    if (!(start >= 4 && end >= start && end <= fileBytes)) {
      throw new Error(
        `the column "${meta.path_in_schema.join('.')}" from byte ${start} to ${end} of ${fileBytes}`,
      );
    }
    unpacked += Number(meta.total_uncompressed_size);
    if (!(unpacked <= limits.maxRowGroupBytes)) {
      throw new Error(
        `a row group of more than ${limits.maxRowGroupBytes} bytes (maxRowGroupBytes) unpacked; write the file again with smaller ones`,
      );
    }
    return { start, end };
  });
}

/**
 * Checks the headers of all pages of a column, and the contents of uncompressed pages. Returns the compressed pages in their order.
 * @throws Error that names the impossible number
 */
export function checkPages(
  bytes: Uint8Array,
  rows: number,
  levels: Levels,
  codec: string,
  limits: ReadLimits,
  guard: BombGuard,
): PageHeader[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reader = { view, offset: 0 };
  const packed: PageHeader[] = [];
  const most = rows * VALUES_PER_ROW + 1024;
  let values = 0;
  let unpacked = 0;
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packedSize, uncompressed_page_size: size } = header;
    if (!(packedSize >= 0 && reader.offset + packedSize <= view.byteLength)) {
      throw new Error(`a page of ${packedSize} bytes, more than there are`);
    }
    const content = bytes.subarray(reader.offset, reader.offset + packedSize);
    reader.offset += packedSize;
    unpacked += size;
    if (!(size >= 0 && unpacked <= limits.maxRowGroupBytes))
      throw new Error(`a page of ${size} bytes unpacked`);
    const dictionary = header.dictionary_page_header?.num_values ?? 0;
    if (!(dictionary >= 0 && dictionary <= size * 8)) throw new Error(`a dictionary of ${dictionary} values`);
    const page = header.data_page_header ?? header.data_page_header_v2;
    if (page) values += page.num_values;
    if (page && !(page.num_values >= 0 && values <= most))
      throw new Error(`${values} values in ${rows} rows`);
    guard.out(size + VALUE_BYTES * (page?.num_values ?? dictionary));
    checkLevels(header, content, levels);
    const v2 = header.data_page_header_v2;
    if (codec !== 'UNCOMPRESSED' && v2?.is_compressed !== false) packed.push(header);
    else checkRuns(header, content.subarray(v2 ? levelBytes(v2) : 0), levels);
  }
  return packed;
}

function levelBytes(v2: NonNullable<PageHeader['data_page_header_v2']>): number {
  return v2.repetition_levels_byte_length + v2.definition_levels_byte_length;
}
