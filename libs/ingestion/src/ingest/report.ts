import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetManifest, IngestedDataset } from '@open-chatgpt/datasets';
import {
  type ColumnMapping,
  type DatasetKind,
  describeFile,
  REPORT_FILE,
  recordsFile,
  type ShardIndex,
  type SourceDescription,
  SPLITS,
  type Split,
  shardsFolder,
} from '@open-chatgpt/datasets';
import type { DropCounts } from '../records/drop-log';
import type { PipelineState } from '../records/row-pipeline';
import type { StatisticsTable } from '../records/statistics';
import type { RecordsState } from '../records/write-records';
import type { ShardsState } from '../shards/write-shards';
import type { IngestOptions } from './options';
import type { WorkFolder } from './work-folder';

/** The content of `report.json`: all counts of an ingestion. It has no times, so equal runs give equal bytes. */
export interface IngestReport extends PipelineState {
  format: 'open-chatgpt-ingest-report';
  version: 1;
  kind: DatasetKind;
  sources: (SourceDescription & {
    name: string;
    adapter: string;
    /** The column of each field that has another name in the source. */
    columns?: ColumnMapping;
    weight: number;
    rows: number;
    kept: number;
  })[];
  /** Rows read of all sources. */
  rows: number;
  /** Examples kept, by split. */
  kept: Record<Split, number>;
  /** Rows that were discarded from an index of duplicates; raise `dedup.memoryMiB` where it is not 0. */
  forgotten: Record<string, number>;
  /** Missing without a tokenizer. */
  tokens?: Record<Split, StatisticsTable>;
  /** Records that are not in the shards. */
  notTokenized?: Record<Split, DropCounts>;
  /** Answers of rows in the shards that are to be learned and are not learned as they were written. */
  lostAnswers?: Record<Split, DropCounts>;
}

export interface ShardsOf {
  state: ShardsState;
  index: ShardIndex;
}

export async function reportOf(
  { kind, sources }: IngestOptions,
  records: RecordsState,
  shards: Record<Split, ShardsOf> | null,
): Promise<IngestReport> {
  const described = sources.map(async ({ name, adapter, columns, weight = 1, describe }, index) => ({
    ...(await describe?.()),
    name,
    adapter: adapter.name,
    ...(columns && { columns }),
    weight,
    rows: records.rows[index],
    kept: records.mixer.taken[index],
  }));
  return {
    format: 'open-chatgpt-ingest-report',
    version: 1,
    kind,
    sources: await Promise.all(described),
    rows: records.rows.reduce((sum, rows) => sum + rows, 0),
    kept: records.kept,
    forgotten: records.forgotten,
    ...records.pipeline,
    tokens: shards ? bySplit((split) => shards[split].state.tokens) : undefined,
    notTokenized: shards ? bySplit((split) => shards[split].state.dropped) : undefined,
    lostAnswers: shards ? bySplit((split) => shards[split].state.lostAnswers) : undefined,
  };
}

export async function manifestOf(
  kind: DatasetKind,
  optionsHash: string,
  work: WorkFolder,
  records: RecordsState,
  shards: Record<Split, ShardsOf> | null,
): Promise<DatasetManifest> {
  const file = async (path: string) => ({ path, ...(await describeFile(work.file(path))) });
  const manifestSplit = async (split: Split) => {
    const jsonl = { ...(await file(recordsFile(split))), rows: records.kept[split] };
    if (!shards) return { records: jsonl };
    const { rows, documents, tokens } = shards[split].index;
    const index = await file(`${shardsFolder(split)}/index.json`);
    return { records: jsonl, shards: { ...index, rows, documents, tokens } };
  };
  const [train, evaluation] = await Promise.all(SPLITS.map(manifestSplit));
  const report = await file(REPORT_FILE);
  const splits = { train, eval: evaluation };
  return { format: 'open-chatgpt-dataset', version: 1, kind, optionsHash, splits, report };
}

function bySplit<T>(of: (split: Split) => T): Record<Split, T> {
  return { train: of('train'), eval: of('eval') };
}

/** Reads the report of a dataset. */
export async function readReport({ folder, manifest }: IngestedDataset): Promise<IngestReport> {
  return JSON.parse(await readFile(join(folder, manifest.report.path), 'utf8')) as IngestReport;
}
