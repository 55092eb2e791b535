import type { Adapter, DatasetKind } from '../adapters/adapter';
import type { Source, SourceFile } from '../sources/source';
import { combinedHash, WatchedFile } from '../sources/watched-file';
import { type ColumnMapping, renamedRows } from './column-mapping';
import type { SourceRow } from './convert-rows';
import { adapterCalled, DETECTION_ROWS, fitting, kindOfAdapter, namedAdapter, PROOF_ROWS } from './detect';
import { UnknownFormatError } from './errors';
import { chooseLayout, type Layout, usualKind } from './layout';
import { DEFAULT_LIMITS, type ReadLimits } from './limits';
import { readRows } from './read-rows';
import { type Row, rowOf } from './row';

export interface SourceRowsOptions {
  kind: DatasetKind;
  /** For reports. Default: the name of the source. */
  name?: string;
  /** The adapter or its name; without it, the first rows decide. */
  adapter?: string | Adapter;
  /** The column that holds each field, where the names of the columns do not say it. */
  columns?: ColumnMapping;
  /** Read only the first so many rows. */
  limit?: number;
  limits?: Partial<ReadLimits>;
}

export interface SourceDescription {
  uri?: string;
  bytes?: number;
  sha256?: string;
}

/** The rows of all files of a source, and the adapter that makes examples of them. */
export interface SourceRows {
  name: string;
  adapter: Adapter;
  /** The column of each field that has another name in the source. */
  columns?: ColumnMapping;
  files: { name: string; size?: number }[];
  /** Files of the source that are not read. */
  leftOut: string[];
  /** Numbered consecutively over all files. To be iterated once. */
  rows: AsyncIterable<SourceRow>;
  /** The file and the line of a row; valid while that file, or a later one, is read. */
  place(row: number): { file: string; line: number };
  /** Bytes read so far, and the size where it is known. */
  bytes(): { read: number; total?: number };
  /** Where the rows come from, and their hash once all of them have been read. */
  describe(): Promise<SourceDescription>;
}

/**
 * Opens the rows of a source. @throws Error when the adapter is unknown, does not fit the kind, no adapter recognizes the rows, or the
 * mapping names an unknown field or column; what the source throws
 */
export async function sourceRows(source: Source, options: SourceRowsOptions): Promise<SourceRows> {
  const { name = source.name, limit = Number.POSITIVE_INFINITY } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { adapter, columns, rename } = await layoutOf(source, options, limits);
  const files = source.files.map((file) => new WatchedFile(file));
  /** The number of rows before each file that has been opened. */
  const begun: { file: string; before: number }[] = [];
  return {
    name,
    adapter,
    columns,
    files: source.files.map(({ name: file, size }) => ({ name: file, size })),
    leftOut: source.leftOut,
    rows: first(
      limit,
      rename ? renamedRows(rowsOf(files, limits, begun), rename) : rowsOf(files, limits, begun),
    ),
    place(row) {
      const at = begun.findLast(({ before }) => before < row) ?? begun[0];
      return { file: at.file, line: row - at.before };
    },
    bytes() {
      const read = files.reduce((sum, file) => sum + file.read, 0);
      const total = files.reduce((sum, { size = Number.NaN }) => sum + size, 0);
      return { read, ...(Number.isFinite(total) && { total }) };
    },
    async describe() {
      const hashes = await Promise.all(files.map((file) => file.sha256()));
      return {
        uri: source.name,
        sha256: hashes.includes(undefined) ? undefined : combinedHash(hashes as string[]),
      };
    },
  };
}

async function layoutOf(
  source: Source,
  { kind, adapter: given, columns }: SourceRowsOptions,
  limits: ReadLimits,
): Promise<Layout> {
  const adapter = typeof given === 'string' ? namedAdapter(given, kind) : given && fitting(given, kind);
  if (adapter && !columns) return { adapter };
  return chooseLayout(source.name, await firstRows(source, limits), { kind, adapter, columns });
}

/** The kind of the rows of a source, from the adapter that is named, or from its first rows. Throws as `sourceRows`. */
export async function kindOf(
  source: Source,
  { adapter, columns }: { adapter?: string; columns?: ColumnMapping } = {},
): Promise<DatasetKind> {
  if (adapter !== undefined) return kindOfAdapter(adapterCalled(adapter));
  return usualKind(source.name, await firstRows(source, DEFAULT_LIMITS), { columns });
}

async function* rowsOf(
  files: readonly SourceFile[],
  limits: ReadLimits,
  begun: { file: string; before: number }[] = [],
): AsyncGenerator<SourceRow> {
  let before = 0;
  for (const file of files) {
    let last = before;
    begun.push({ file: file.name, before });
    try {
      for await (const row of readRows(file, limits)) {
        last = before + row.line;
        yield before === 0 ? row : { ...row, line: last };
      }
    } catch (error) {
      // In a folder, a file of an unsupported format is skipped.
      if (files.length === 1 || !(error instanceof UnknownFormatError)) throw error;
      yield { line: last, reason: 'unreadableFile', text: error.message };
    }
    before = last;
  }
}

async function* first(limit: number, rows: AsyncIterable<SourceRow>): AsyncGenerator<SourceRow> {
  let read = 0;
  for await (const row of rows) {
    yield row;
    if (++read >= limit) return;
  }
}

/** The rows that detection holds have about so many characters, or are few. */
const PROOF_CHARACTERS = 2 ** 22;

async function firstRows(source: Source, limits: ReadLimits): Promise<Row[]> {
  const rows: Row[] = [];
  let size = 0;
  for await (const raw of rowsOf(source.files, limits)) {
    const row = 'value' in raw ? rowOf(raw.value) : null;
    if (row) rows.push(row);
    if (row) size += sizeOf(row);
    if (rows.length === PROOF_ROWS || (rows.length >= DETECTION_ROWS && size > PROOF_CHARACTERS)) break;
  }
  if (rows.length === 0) throw new Error(`dataset ${source.name}: there is no row in it that can be read.`);
  return rows;
}

/** Characters in the texts of a value, as far as they are not nested deeply. */
function sizeOf(value: unknown, depth = 8): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null || depth === 0) return 1;
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one, depth - 1), 0);
}
