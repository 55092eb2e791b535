import {
  type Compressors,
  type FileMetaData,
  flatten,
  type ParquetParsers,
  parquetSchema,
  type RowGroup,
  snappyUncompress,
} from 'hyparquet';
import { assembleNested } from 'hyparquet/src/assemble.js';
import { readColumn } from 'hyparquet/src/column.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import type { BombGuard } from './bomb-guard';
import type { ReadLimits } from './limits';
import { checkPages } from './parquet-check';
import { PARQUET_CODECS } from './parquet-codecs';
import { checkRuns, type PageHeader } from './parquet-runs';

/**
 * Decodes the rows of a row group from the bytes of its columns. Calls hyparquet's decoders one by one, because its reader of whole groups
 * leaves unhandled rejections behind when a file is damaged, which end the process.
 * @throws Error that says what is damaged
 */
export function decodeGroup(
  metadata: FileMetaData,
  group: RowGroup,
  bytes: readonly Uint8Array[],
  parsers: ParquetParsers,
  limits: ReadLimits,
  guard: BombGuard,
): Iterable<Record<string, unknown>> {
  const rows = Number(group.num_rows);
  const tree = parquetSchema(metadata);
  const columns = new Map<string, ArrayLike<unknown>>();
  for (const child of tree.children) {
    const parts = new Map<string, ReturnType<typeof flatten>>();
    group.columns.forEach((column, index) => {
      const meta = column.meta_data;
      if (!meta || meta.path_in_schema[0] !== child.element.name) return;
      const schemaPath = getTreePath(tree, meta.path_in_schema);
      const levels = {
        repetition: getMaxRepetitionLevel(schemaPath),
        definition: getMaxDefinitionLevel(schemaPath),
      };
      const pages = checkPages(bytes[index], rows, levels, meta.codec, limits, guard);
      const { data } = readColumn(
        { view: viewOf(bytes[index]), offset: 0 },
        { groupStart: 0, groupRows: rows, selectStart: 0, selectEnd: rows },
        {
          ...meta,
          pathInSchema: meta.path_in_schema,
          element: schemaPath[schemaPath.length - 1].element,
          schemaPath,
          parsers,
          compressors: checkedCodecs(pages, (page, header) => checkRuns(header, page, levels)),
        },
      );
      parts.set(meta.path_in_schema.join('.'), flatten(data));
    });
    if (parts.size === 0) continue;
    if (child.children.length > 0) assembleNested(parts, child, parsers);
    const found = parts.get(child.element.name);
    if (!found || found.length < rows) {
      throw new Error(`the column "${child.element.name}" has ${found?.length ?? 0} values for ${rows} rows`);
    }
    columns.set(child.element.name, found);
  }
  return rowsOf(columns, rows);
}

function* rowsOf(columns: ReadonlyMap<string, ArrayLike<unknown>>, rows: number) {
  for (let row = 0; row < rows; row++)
    yield Object.fromEntries([...columns].map(([name, values]) => [name, values[row]]));
}

/** Codecs that check each decompressed page before it is decoded. Pages are decompressed in their order. */
function checkedCodecs(
  pages: readonly PageHeader[],
  check: (page: Uint8Array, header: PageHeader) => void,
): Compressors {
  let next = 0;
  const all: Compressors = { ...PARQUET_CODECS, SNAPPY: unsnap };
  return Object.fromEntries(
    Object.entries(all).map(([codec, unpack]) => [
      codec,
      (packed: Uint8Array, size: number) => {
        const page = unpack(packed, size);
        check(page, pages[next++]);
        return page;
      },
    ]),
  );
}

function unsnap(packed: Uint8Array, size: number): Uint8Array {
  const page = new Uint8Array(size);
  snappyUncompress(packed, page);
  return page;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
