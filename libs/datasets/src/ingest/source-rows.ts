import { createHash } from 'node:crypto';
import type { Adapter, DatasetKind } from '../adapters/adapter';
import { UnknownFormat } from '../reading/damage';
import { DETECTION_ROWS, detectAdapter, fitting, namedAdapter } from '../reading/detect';
import { DEFAULT_LIMITS, type ReadLimits } from '../reading/limits';
import { readRows } from '../reading/read-rows';
import { type Row, rowOf } from '../reading/row';
import type { Source, SourceFile } from '../sources/source';
import type { IngestRow } from './convert-rows';
import { describeFile } from './json-file';
import type { IngestSource } from './options';

export interface SourceRowsOptions {
  kind: DatasetKind;
  /** In records and report. By default the source's own. */
  name?: string;
  /** The adapter or its name; without it, the first rows decide. */
  adapter?: string | Adapter;
  weight?: number;
  limits?: Partial<ReadLimits>;
}

/**
 * An opened source, ready for `ingest`: the rows of all its files, numbered on from file to file, and what the report says of
 * it. Throws when the adapter is unknown, does not fit, or is not found; what the source throws.
 */
export async function ingestSource(source: Source, options: SourceRowsOptions): Promise<IngestSource> {
  const { kind, name = source.name, adapter: asked, weight } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const named = typeof asked === 'string' ? namedAdapter(asked, kind) : asked && fitting(asked, kind);
  const adapter = named ?? detectAdapter(source.name, await firstRows(source, limits), kind);
  const hashed = source.files.map(hashing);
  const files = hashed.map(({ file }) => file);
  return {
    name,
    adapter,
    weight,
    rows: rowsOf(files, limits),
    async describe() {
      const hashes = await Promise.all(hashed.map(({ sha256 }) => sha256()));
      return {
        uri: source.name,
        sha256: hashes.includes(undefined) ? undefined : together(hashes as string[]),
      };
    },
  };
}

async function* rowsOf(files: readonly SourceFile[], limits: ReadLimits): AsyncGenerator<IngestRow> {
  let before = 0;
  for (const file of files) {
    let last = before;
    try {
      for await (const row of readRows(file, limits)) {
        last = before + row.line;
        yield { ...row, line: last };
      }
    } catch (error) {
      // Among others, a file that holds something else is no reason to read none.
      if (files.length === 1 || !(error instanceof UnknownFormat)) throw error;
      yield { line: last, reason: 'unreadableFile', text: error.message };
    }
    before = last;
  }
}

async function firstRows(source: Source, limits: ReadLimits): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const raw of rowsOf(source.files, limits)) {
    const row = 'value' in raw ? rowOf(raw.value) : null;
    if (row) rows.push(row);
    if (rows.length === DETECTION_ROWS) break;
  }
  if (rows.length === 0) throw new Error(`data set ${source.name}: there is no row in it that can be read.`);
  return rows;
}

/** A file whose bytes are hashed as they pass; a local one, of which perhaps only parts are read, once more at the end. */
function hashing(file: SourceFile): { file: SourceFile; sha256(): Promise<string | undefined> } {
  const { path } = file;
  if (path !== undefined) return { file, sha256: async () => (await describeFile(path)).sha256 };
  let digest: string | undefined;
  async function* open() {
    const hash = createHash('sha256');
    for await (const chunk of file.open()) {
      hash.update(chunk);
      yield chunk;
    }
    digest = hash.digest('hex');
  }
  return { file: { ...file, open }, sha256: async () => digest };
}

/** Of one file its own hash, of several the hash of theirs in order. */
function together(hashes: readonly string[]): string {
  return hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join('\n')).digest('hex');
}
