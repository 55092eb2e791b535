import { join } from 'node:path';
import { readJson, writeJson } from './json-file';
import { checkOptions, type IngestOptions, optionsHash, type Tokenization } from './options';
import { type DatasetManifest, type IngestReport, manifestOf, reportOf, type ShardsOf } from './report';
import type { Side } from './row-pipeline';
import { exists, type IngestState, MANIFEST_FILE, REPORT_FILE, WorkFolder } from './work-folder';
import { writeRecords } from './write-records';
import { writeShards } from './write-shards';

/**
 * Makes a data set of one kind out of several sources: `records/{train,eval}.jsonl`, with a tokenizer also
 * `shards/{train,eval}/`, a `report.json` of everything that happened, and `dataset.json`, which lists and hashes the files.
 * Memory does not grow with the input, beyond `dedup.memoryMiB`. The same rows and options give the same bytes.
 *
 * The folder appears whole or not at all: it is made as `<output>.partial` and then renamed. After a stop, however
 * sudden, `resume` continues it from its last checkpoint and gives what an unbroken run would have given. An output that
 * these options made before is not made again. Throws on wrong options, when `output` holds something else, when no
 * example is left for training, and what a source or the tokenizer throws.
 */
export async function ingest(options: IngestOptions): Promise<IngestReport> {
  checkOptions(options);
  const hash = optionsHash(options);
  const finished = await finishedReport(options.output, hash, options.resume ?? false);
  if (finished) return finished;

  const work = new WorkFolder(options.output);
  const state = await work.open(hash, options.resume ?? false);
  const save = (change: Partial<IngestState>) => work.save(Object.assign(state, change));
  const records = await writeRecords(options, work, state.records, (saved) => save({ records: saved }));
  if (records.kept.train === 0) {
    throw new Error(
      `ingest: no ${options.kind} example is left for training; left out: ` +
        `${JSON.stringify(Object.fromEntries(Object.entries(records.pipeline.dropped).map(([reason, { count }]) => [reason, count])))}. ` +
        'Choose other cleaning rules, another adapter, or other data.',
    );
  }
  const { tokenization } = options;
  const shards = tokenization ? await bothSides({ ...options, tokenization }, work, state, save) : null;
  const report = await reportOf(options, records, shards);
  await writeJson(work.file(REPORT_FILE), report);
  const manifest = await manifestOf(options.kind, hash, work, records, shards);
  await writeJson(work.file(MANIFEST_FILE), manifest);
  await work.publish(options.output);
  return report;
}

async function bothSides(
  options: IngestOptions & { tokenization: Tokenization },
  work: WorkFolder,
  state: IngestState,
  save: (change: Partial<IngestState>) => Promise<void>,
): Promise<Record<Side, ShardsOf>> {
  const shardsOf = (side: Side) =>
    writeShards(options, work, side, state.shards[side], (saved) =>
      save({ shards: { ...state.shards, [side]: saved } }),
    );
  return { train: await shardsOf('train'), eval: await shardsOf('eval') };
}

/** The report of an earlier ingestion with these options that came to its end, or null when the output is yet to be made. */
async function finishedReport(output: string, hash: string, resume: boolean): Promise<IngestReport | null> {
  // Stopped between its last write and the renaming.
  const work = new WorkFolder(output);
  if (resume && !(await exists(output)) && (await exists(work.file(MANIFEST_FILE))))
    await work.publish(output);
  if (!(await exists(output))) return null;
  const manifest = (await readJson(join(output, MANIFEST_FILE))) as DatasetManifest | null;
  if (resume && manifest?.optionsHash === hash)
    return (await readJson(join(output, REPORT_FILE))) as IngestReport;
  throw new Error(
    `ingest: ${output} exists${manifest ? ', a data set made earlier' : ' and is no data set'}. ` +
      'Choose another folder, or remove it.',
  );
}
