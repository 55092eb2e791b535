import type { parquetHeader } from 'hyparquet/src/column.js';

export type PageHeader = ReturnType<typeof parquetHeader>;

/** The highest repetition and definition level of a column. */
export interface Levels {
  repetition: number;
  definition: number;
}

/** A run may be padded, by less than this. */
const SPARE_VALUES = 4096;

/**
 * Checks the runs in a decompressed data page. Levels and dictionary indices are run-length encoded; hyparquet does not check the length
 * of a run, so a wrong one would fill memory with one value.
 * @throws Error that names the wrong run
 */
export function checkRuns(header: PageHeader, page: Uint8Array, levels: Levels): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const data = header.data_page_header ?? header.data_page_header_v2;
  if (!data) return;
  let at = 0;
  const prefixed = (level: number) => {
    const length = view.getUint32(at, true);
    walk(view, at + 4, at + 4 + length, widthOf(level), data.num_values);
    at += 4 + length;
  };
  if (header.data_page_header) {
    if (levels.repetition > 0) prefixed(levels.repetition);
    if (levels.definition > 0) prefixed(levels.definition);
  }
  if (data.encoding === 'RLE') prefixed(1);
  else if (data.encoding?.endsWith('_DICTIONARY')) {
    walk(view, at + 1, view.byteLength, view.getUint8(at), data.num_values);
  }
}

/** The levels of a page of version 2, which are before its data and not compressed. */
export function checkLevels(header: PageHeader, page: Uint8Array, levels: Levels): void {
  const v2 = header.data_page_header_v2;
  if (!v2) return;
  const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = v2;
  const possible =
    first >= 0 &&
    second >= 0 &&
    first + second <= page.length &&
    v2.num_nulls >= 0 &&
    v2.num_nulls <= v2.num_values &&
    v2.num_rows >= 0 &&
    v2.num_rows <= v2.num_values;
  if (!possible) throw new Error('a page header whose numbers contradict each other');
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (levels.repetition > 0) walk(view, 0, first, widthOf(levels.repetition), v2.num_values);
  if (levels.definition > 0) walk(view, first, first + second, widthOf(levels.definition), v2.num_values);
}

function walk(view: DataView, from: number, to: number, width: number, values: number): void {
  let seen = 0;
  for (let at = from; seen < values && at < to; ) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = view.getUint8(at++);
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const packed = header % 2 === 1;
    const count = packed ? Math.floor(header / 2) * 8 : header / 2;
    if (count > values - seen + SPARE_VALUES)
      throw new Error(`a run of ${count} values in a page of ${values}`);
    at += packed ? (count / 8) * width : Math.ceil(width / 8);
    seen += count;
  }
}

const widthOf = (level: number) => Math.ceil(Math.log2(level + 1));
