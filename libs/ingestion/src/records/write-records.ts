import { closeSync, openSync, readSync } from 'node:fs';
import {
  type Converted,
  convertRows,
  type Example,
  recordsFile,
  SPLITS,
  type Split,
} from '@open-chatgpt/datasets';
import type { Window } from '../dedup/window';
import type { IngestOptions, IngestSource } from '../ingest/options';
import { progressMeter } from '../ingest/progress';
import type { WorkFolder } from '../ingest/work-folder';
import type { RowWork } from '../threads/row-work';
import { AppendFile } from './append-file';
import { Mixer, type MixerState } from './mixer';
import { type PreparedRow, prepareRows } from './prepare-rows';
import { type PipelineState, RowPipeline } from './row-pipeline';
import type { WriteProgress } from './write-progress';

/** The progress of the first stage. */
export interface RecordsState {
  done: boolean;
  mixer: MixerState;
  /** Rows read of each source. */
  rows: number[];
  /** Examples kept, by split. */
  kept: Record<Split, number>;
  /** Bytes of the JSONL of each split. */
  bytes: Record<Split, number>;
  /** Entries in each journal. */
  journals: Record<string, number>;
  /** Entries that were discarded because the memory was full, by journal. */
  forgotten: Record<string, number>;
  pipeline: PipelineState;
}

const CHECKPOINT_ROWS = 20_000;

/**
 * Stage one: reads all sources in turns and writes the kept examples as records, one JSONL file for each split. `progress` is advanced as
 * the files grow. `save` is called with a state whose files are synced; the stage continues from such a state as `from`.
 */
export async function writeRecords(
  options: IngestOptions,
  folder: WorkFolder,
  work: RowWork,
  progress: Record<Split, WriteProgress>,
  from: RecordsState | null,
  save: (state: RecordsState) => Promise<void>,
): Promise<RecordsState> {
  if (from?.done) {
    for (const split of SPLITS) progress[split].advance(from.bytes[split]);
    return from;
  }
  const { kind, sources, checkpointRows = CHECKPOINT_ROWS, signal } = options;
  const pipeline = new RowPipeline(options, from?.pipeline);
  const mixer = new Mixer(
    sources.map(({ weight = 1 }) => weight),
    options.mixEnd ?? 'everySource',
  );
  if (from) mixer.restore(from.mixer);
  const rows = from?.rows ?? sources.map(() => 0);
  const kept = from?.kept ?? { train: 0, eval: 0 };
  const files = await openFiles(folder, progress, pipeline, from);
  const converted = sources.map((source) => convertRows(source.rows, source.adapter, kind));
  const readers = converted.map((reader, source) => prepareRows(reader, sources[source].name, work));
  const read = () => rows.reduce((sum, count) => sum + count, 0);
  const report = progressMeter('records', read(), () => bytesOf(sources), options.onProgress);

  const checkpoint = async (done: boolean) => {
    for (const { name, takeAdded } of pipeline.journaled)
      for (const entry of takeAdded()) files.journals[name].add(entry);
    for (const file of files.all) await file.sync();
    const state: RecordsState = {
      done,
      mixer: mixer.save(),
      rows,
      kept,
      bytes: { train: files.train.length, eval: files.eval.length },
      journals: counts(pipeline, (window) => window.added),
      forgotten: counts(pipeline, (window) => window.forgotten),
      pipeline: pipeline.state,
    };
    await save(state);
    return state;
  };

  try {
    for (const [index, reader] of converted.entries())
      await skip(reader, rows[index], sources[index], signal);
    let sinceCheckpoint = 0;
    for (let source = mixer.next(); source !== null; source = mixer.next()) {
      if (signal?.aborted) {
        await checkpoint(false);
        throw signal.reason;
      }
      const { value, done } = await readers[source].next();
      if (done) {
        mixer.ended(source);
        continue;
      }
      rows[source]++;
      const { maxExamples = Number.POSITIVE_INFINITY } = sources[source];
      const lines = pipeline.process(source, firstExamples(value, maxExamples - mixer.taken(source)));
      for (const { split, line } of lines) {
        kept[split]++;
        if (files[split].add(line)) await files[split].flush();
      }
      mixer.took(source, lines.length);
      if (mixer.taken(source) >= maxExamples) mixer.ended(source);
      report(read(), kept.train + kept.eval);
      if (++sinceCheckpoint === checkpointRows) {
        await checkpoint(false);
        sinceCheckpoint = 0;
      }
    }
    report(read(), kept.train + kept.eval, true);
    return await checkpoint(true);
  } finally {
    for (const reader of [...readers, ...converted]) await reader.return(undefined);
    for (const file of files.all) await file.close();
  }
}

/** The row with at most `count` of its examples. */
function firstExamples(row: PreparedRow, count: number): PreparedRow {
  return 'dropped' in row || row.prepared.length <= count
    ? row
    : { ...row, prepared: row.prepared.slice(0, count) };
}

/** The bytes of all sources; with a total only where each source knows its own. */
function bytesOf(sources: readonly IngestSource[]): { read: number; total?: number } {
  const all = sources.map(({ bytes }) => bytes?.() ?? { read: 0 });
  const read = all.reduce((sum, one) => sum + one.read, 0);
  const total = all.reduce((sum, one) => sum + (one.total ?? Number.NaN), 0);
  return { read, ...(Number.isFinite(total) && { total }) };
}

/** Reads the rows before the checkpoint again, because an adapter may have state. */
async function skip(
  reader: AsyncGenerator<Converted<Example>>,
  rows: number,
  { name }: IngestSource,
  signal?: AbortSignal,
): Promise<void> {
  for (let row = 0; row < rows; row++) {
    signal?.throwIfAborted();
    if (!(await reader.next()).done) continue;
    throw new Error(
      `ingest: source "${name}" ends after ${row} rows, where a checkpoint counted ${rows}. It was altered; start again without resume.`,
    );
  }
}

/** Opens the JSONL of both splits and the journals, truncated to the checkpoint, and restores the indexes from the journals. */
async function openFiles(
  folder: WorkFolder,
  progress: Record<Split, WriteProgress>,
  pipeline: RowPipeline,
  from: RecordsState | null,
) {
  const all: AppendFile[] = [];
  const append = async (path: string, length: number, progress?: WriteProgress) => {
    const file = await AppendFile.open(path, length, progress);
    all.push(file);
    return file;
  };
  const records = (split: Split) =>
    append(folder.file(recordsFile(split)), from?.bytes[split] ?? 0, progress[split]);
  try {
    const train = await records('train');
    const evaluation = await records('eval');
    const journals: Record<string, AppendFile> = {};
    for (const { name, window } of pipeline.journaled) {
      const added = from?.journals[name] ?? 0;
      const path = folder.journal(name);
      journals[name] = await append(path, added * window.entrySize);
      window.restore(added, (first, count) => readEntries(path, window.entrySize, first, count));
    }
    return { train, eval: evaluation, journals, all };
  } catch (error) {
    for (const file of all) await file.close();
    throw error;
  }
}

function* readEntries(path: string, entrySize: number, first: number, count: number) {
  const descriptor = openSync(path, 'r');
  try {
    const block = Buffer.alloc(entrySize * 4096);
    for (let entry = 0; entry < count; entry += 4096) {
      const bytes = readSync(
        descriptor,
        block,
        0,
        entrySize * Math.min(4096, count - entry),
        (first + entry) * entrySize,
      );
      for (let at = 0; at < bytes; at += entrySize) yield block.subarray(at, at + entrySize);
    }
  } finally {
    closeSync(descriptor);
  }
}

function counts(pipeline: RowPipeline, count: (window: Window) => number): Record<string, number> {
  return Object.fromEntries(pipeline.journaled.map(({ name, window }) => [name, count(window)]));
}
