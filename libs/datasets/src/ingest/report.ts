import type { DatasetKind } from '../adapters/adapter';
import type { ShardIndex } from '../shards/format';
import type { DropCounts } from './drop-log';
import { describeFile } from './json-file';
import type { IngestOptions, SourceDescription } from './options';
import type { PipelineState } from './row-pipeline';
import { SIDES, type Side } from './side';
import type { StatisticsTable } from './statistics';
import { REPORT_FILE, recordsFile, shardsFolder, type WorkFolder } from './work-folder';
import type { RecordsState } from './write-records';
import type { ShardsState } from './write-shards';

/** What `report.json` says: everything that happened to the rows. It holds no times, so that equal runs give equal bytes. */
export interface IngestReport extends PipelineState {
  format: 'open-chatgpt-ingest-report';
  version: 1;
  kind: DatasetKind;
  sources: (SourceDescription & {
    name: string;
    adapter: string;
    weight: number;
    rows: number;
    kept: number;
  })[];
  /** Rows read of all sources. */
  rows: number;
  /** Examples kept, by side. */
  kept: Record<Side, number>;
  /** Rows that duplicates were no longer looked for among, by index; raise `dedup.memoryMiB` where it is not 0. */
  forgotten: Record<string, number>;
  /** Of the shards, where there are any. */
  tokens?: Record<Side, StatisticsTable>;
  /** Records that are in the JSONL and not in the shards. */
  notTokenized?: Record<Side, DropCounts>;
}

export interface ShardsOf {
  state: ShardsState;
  index: ShardIndex;
}

/** What `dataset.json` says: which files make up the data set. Written last; a folder without it is no data set. */
export interface DatasetManifest {
  format: 'open-chatgpt-dataset';
  version: 1;
  kind: DatasetKind;
  optionsHash: string;
  splits: Record<Side, { records: ManifestFile & { rows: number }; shards?: ManifestShards }>;
  report: ManifestFile;
}

interface ManifestFile {
  path: string;
  bytes: number;
  sha256: string;
}

interface ManifestShards extends ManifestFile {
  /** Of the folder's shards together; each one's hash is in the index that `path` names. */
  rows: number;
  documents: number;
  tokens: number;
}

export async function reportOf(
  { kind, sources }: IngestOptions,
  records: RecordsState,
  shards: Record<Side, ShardsOf> | null,
): Promise<IngestReport> {
  const described = sources.map(async ({ name, adapter, weight = 1, describe }, index) => ({
    ...(await describe?.()),
    name,
    adapter: adapter.name,
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
    tokens: shards ? bySide((side) => shards[side].state.tokens) : undefined,
    notTokenized: shards ? bySide((side) => shards[side].state.dropped) : undefined,
  };
}

export async function manifestOf(
  kind: DatasetKind,
  optionsHash: string,
  work: WorkFolder,
  records: RecordsState,
  shards: Record<Side, ShardsOf> | null,
): Promise<DatasetManifest> {
  const file = async (path: string) => ({ path, ...(await describeFile(work.file(path))) });
  const split = async (side: Side) => {
    const jsonl = { ...(await file(recordsFile(side))), rows: records.kept[side] };
    if (!shards) return { records: jsonl };
    const { rows, documents, tokens } = shards[side].index;
    const index = await file(`${shardsFolder(side)}/index.json`);
    return { records: jsonl, shards: { ...index, rows, documents, tokens } };
  };
  const [train, evaluation] = await Promise.all(SIDES.map(split));
  const report = await file(REPORT_FILE);
  const splits = { train, eval: evaluation };
  return { format: 'open-chatgpt-dataset', version: 1, kind, optionsHash, splits, report };
}

function bySide<T>(of: (side: Side) => T): Record<Side, T> {
  return { train: of('train'), eval: of('eval') };
}
