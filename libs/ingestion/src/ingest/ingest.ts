import { join } from 'node:path';
import {
  type DatasetManifest,
  describeLeftOut,
  MANIFEST_FILE,
  REPORT_FILE,
  remedyFor,
  SPLITS,
  type Split,
} from '@open-chatgpt/datasets';
import { WriteProgress } from '../records/write-progress';
import { type RecordsState, writeRecords } from '../records/write-records';
import { writeShards } from '../shards/write-shards';
import { createRowWork } from '../threads/row-work';
import { Checkpoints } from './checkpoints';
import { readJson, writeJson } from './json-file';
import { checkOptions, type IngestOptions, optionsHash, type Tokenization } from './options';
import { type IngestReport, manifestOf, reportOf, type ShardsOf } from './report';
import { exists, type IngestState, WorkFolder } from './work-folder';

/**
 * Makes a dataset of one kind from several sources: `records/{train,eval}.jsonl`, with a tokenizer also `shards/{train,eval}/`, a
 * `report.json` with all counts, and `dataset.json`, which lists the files with their hashes. Memory does not grow with the input, beyond
 * `dedup.memoryMiB`. The same rows and options give the same bytes.
 *
 * The folder appears complete or not at all: it is made as `<output>.partial` and then renamed. After an interruption or a crash,
 * `resume` continues from the last checkpoint, with the same result as an uninterrupted run. An output that was made with the same
 * options is not made again.
 *
 * @throws Error when the options are wrong, `output` exists with other content, no example is left for training, or a source or the
 *   tokenizer fails
 */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  checkOptions(options);
  const hash = optionsHash(options);
  const finished = await finishedReport(options.output, hash, options.resume ?? false);
  if (finished) return finished;

  const folder = new WorkFolder(options.output);
  const state = await folder.open(hash, options.resume ?? false);
  const { records, shards } = await bothStages(options, folder, state);
  if (records.kept.train === 0) {
    const dropped = Object.entries(records.pipeline.dropped);
    const leftOut = dropped.map(([reason, { count, examples }]) => {
      const [{ place, dataset, row }] = examples;
      return { reason, count, place: place ?? `row ${row} of ${dataset}` };
    });
    const names = options.sources.map(({ name }) => name).join(', ');
    const adapters = options.sources.map(({ adapter }) => `"${adapter.name}"`).join(', ');
    throw new Error(
      `dataset ${names}: no ${options.kind} example is left for training, read as ${adapters}. ` +
        (leftOut.length > 0
          ? `Left out: ${describeLeftOut(leftOut)}. ${remedyFor(leftOut)}`
          : 'There is no row in it: choose other data.'),
    );
  }
  const report = await reportOf(options, records, shards);
  await writeJson(folder.file(REPORT_FILE), report);
  const manifest = await manifestOf(options.kind, hash, folder, records, shards);
  await writeJson(folder.file(MANIFEST_FILE), manifest);
  await folder.publish(options.output);
  return report;
}

/** Runs both stages concurrently. When one fails, the other stops at a state from which it can be resumed. */
async function bothStages(
  given: IngestOptions,
  folder: WorkFolder,
  state: IngestState,
): Promise<{ records: RecordsState; shards: Record<Split, ShardsOf> | null }> {
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(given.signal ? [given.signal] : [])]);
  const options = { ...given, signal };
  const work = createRowWork(options);
  const progress = { train: new WriteProgress(), eval: new WriteProgress() };
  const checkpoints = new Checkpoints(folder, state);
  const from = structuredClone(state);

  const writing = writeRecords(options, folder, work, progress, from.records, (saved) =>
    checkpoints.saveRecords(saved),
  ).then(
    (records) => {
      for (const split of SPLITS) progress[split].end();
      return records;
    },
    (error) => {
      for (const split of SPLITS) progress[split].end({ error });
      throw error;
    },
  );
  const sharding = async (tokenization: Tokenization) => {
    const shardsOf = (split: Split) =>
      writeShards(
        { ...options, tokenization },
        folder,
        work,
        progress[split],
        split,
        from.shards[split],
        (saved) => checkpoints.saveShards(split, saved),
      );
    return { train: await shardsOf('train'), eval: await shardsOf('eval') };
  };
  const both = [writing, options.tokenization ? sharding(options.tokenization) : null] as const;
  try {
    const [records, shards] = await Promise.all(both);
    return { records, shards };
  } catch (error) {
    failed.abort(error);
    throw error;
  } finally {
    await Promise.allSettled(both);
    await work.close();
  }
}

/** The report of a finished ingestion with the same options, or null when the output must be made. */
async function finishedReport(output: string, hash: string, resume: boolean): Promise<IngestReport | null> {
  // The earlier ingestion stopped between its last write and the rename.
  const work = new WorkFolder(output);
  if (resume && !(await exists(output)) && (await exists(work.file(MANIFEST_FILE))))
    await work.publish(output);
  if (!(await exists(output))) return null;
  const manifest = (await readJson(join(output, MANIFEST_FILE))) as DatasetManifest | null;
  if (resume && manifest?.optionsHash === hash)
    return (await readJson(join(output, REPORT_FILE))) as IngestReport;
  throw new Error(
    `ingest: ${output} exists${manifest ? ', a dataset made earlier' : ' and is no dataset'}. ` +
      'Choose another folder, or remove it.',
  );
}
