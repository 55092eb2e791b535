import {
  type DatasetKind,
  describeLeftOut,
  type ExampleKinds,
  type IngestedDataset,
  openTokenizedRows,
  type RowSource,
  type ShardRow,
  type ShardRows,
  type Split,
  type WantedTokens,
} from '@open-chatgpt/datasets';
import { type IngestProgress, type IngestReport, readReport } from '@open-chatgpt/ingestion';
import type { DataRole, DatasetSource } from '@open-chatgpt/pipeline';
import type { ModelDescription } from '../pipeline/base-model';
import { untilStop } from '../trainer/stop';
import { checkRows } from './check-rows';
import { kinds } from './kinds';
import { withoutOrigin } from './read-examples';
import { openStageDataset } from './stage-dataset';

/** A row to train on, as token ids. */
export type RowOf<Role extends DataRole> = ShardRows[(typeof kinds)[Role]];
/** The text of a row. */
export type ExampleOf<Role extends DataRole> = ExampleKinds[(typeof kinds)[Role]];

/** What happens to a stage while it opens its rows. */
export interface Opening {
  /** The run is to stop. */
  signal?: AbortSignal;
  /** Called while a dataset is ingested into the cache. */
  onIngest?: (progress: IngestProgress) => void;
}

export interface RowOptions extends Opening {
  /** The model that is trained on the rows. */
  model: ModelDescription;
  /** In tokens. */
  maxLength: number;
  /** The name of the setting that is `maxLength`. Default "maxLength". */
  setting?: string;
  /** Tokens that are generated after a row. Default 0. */
  answerLength?: number;
  /** Several conversations in one row to train on. Default false. */
  packing?: boolean;
  /** Decides which prompts are held out. */
  seed: number;
}

export interface StageRows<Role extends DataRole> {
  /** Read from shards one by one: memory does not grow with the dataset. The caller closes it. */
  train: RowSource<RowOf<Role>>;
  /** Held-out rows, never packed. */
  evaluation: RowOf<Role>[];
  /** The examples of `evaluation`, in its order. */
  heldOut: ExampleOf<Role>[];
  /** Rows left out of the training split, by reason. */
  dropped: Record<string, number>;
  /**
   * Texts that were changed when they were read now, answers that are not learned as they were written, and rows that the model can be
   * trained on, though it was not made for them.
   */
  warnings: string[];
}

/** Rows that are read together into memory. */
const CHUNK = 1024;

/**
 * The rows of a stage. Every dataset is read in the same way, from shards: those of an ingested folder where they were made for
 * this tokenizer, template, length and packing; otherwise those that are made now, in the cache.
 *
 * @throws Error when the dataset cannot be read, is damaged, leaves no row, or does not fit the model (`checkRows`)
 * @throws StepAbandoned on abort
 */
export async function openRows<Role extends DataRole>(
  source: DatasetSource,
  role: Role,
  {
    model,
    maxLength,
    setting = 'maxLength',
    answerLength,
    packing = false,
    seed,
    signal,
    onIngest,
  }: RowOptions,
): Promise<StageRows<Role>> {
  const kind = kinds[role];
  const { config, tokenizer, template } = model;
  const tokens = { tokenizer, template, maxLength };
  const wanted = { ...tokens, packing };
  const tokenization = { ...tokens, pack: packing };
  const opening = openStageDataset(
    source,
    { kind, seed, tokenization, onProgress: onIngest },
    (dataset) => rowsOf(dataset, kind, wanted, false),
    async (dataset) => {
      const made = await rowsOf(dataset, kind, wanted, true);
      if (made === null) throw new Error(`${dataset.folder}: its shards are of another kind.`);
      return made;
    },
  );
  const rows = await untilStop(opening, signal, ({ train }) => train.close());
  const { train, evaluation, heldOut, dropped, changes, report } = rows;
  try {
    checkLeft(source.path, 'train', train.size, report);
    checkLeft(source.path, 'eval', evaluation.length, report);
    const limits = { config, tokenizer, path: source.path, setting: { name: setting, value: maxLength } };
    const unfit = await checkRows(train, evaluation, { ...limits, answerLength, packed: packing });
    const warnings = [...changes, ...describeLost(report), ...unfit];
    // The compiler does not see that `kind` belongs to `Role`.
    return { train, evaluation, heldOut, dropped, warnings } as unknown as StageRows<Role>;
  } catch (error) {
    await train.close();
    throw error;
  }
}

/** Throws when tokenization has left out every example of a split. */
function checkLeft(path: string, split: Split, rows: number, { kept, notTokenized }: IngestReport): void {
  if (rows > 0 || kept[split] === 0) return;
  const counts = notTokenized?.[split] ?? {};
  const leftOut = Object.entries(counts).map(([reason, { count }]) => ({ reason, count }));
  const unusable = counts['templateRefuses'] ?? counts['promptChanges'] ?? counts['outsideGeneration'];
  const refusal = unusable?.examples[0]?.text;
  throw new Error(
    `dataset ${path}: none of ${kept[split]} ${split === 'train' ? '' : 'held-out '}examples is left after tokenization: ` +
      `${describeLeftOut(leftOut)}. ` +
      (refusal ?? 'Raise maxLength, or look at the data with "openchat data preview".'),
  );
}

/** The answers of the training split that are not learned as they were written, as a sentence. */
function describeLost({ lostAnswers }: IngestReport): string[] {
  const reasons = Object.entries(lostAnswers?.train ?? {});
  if (reasons.length === 0) return [];
  const total = reasons.reduce((sum, [, { count }]) => sum + count, 0);
  const list = reasons.map(([reason, { count }]) => `${reason} ${count}`).join(', ');
  return [`${total} answers are not learned as they were written: ${list}`];
}

/** Null where the dataset has no such rows. */
async function rowsOf<K extends DatasetKind>(
  dataset: IngestedDataset,
  kind: K,
  wanted: WantedTokens,
  ingestedNow: boolean,
) {
  const train = await openTokenizedRows(dataset, 'train', kind, wanted);
  if (train === null) return null;
  try {
    const held = await heldOutRows(dataset, kind, wanted);
    if (held === null) {
      await train.close();
      return null;
    }
    const report = await readReport(dataset);
    const changes = ingestedNow ? describeChanges(report) : [];
    return { train, ...held, dropped: droppedRows(report, ingestedNow), changes, report };
  } catch (error) {
    await train.close();
    throw error;
  }
}

async function heldOutRows<K extends DatasetKind>(dataset: IngestedDataset, kind: K, wanted: WantedTokens) {
  const rows = await openTokenizedRows(dataset, 'eval', kind, { ...wanted, packing: false });
  if (rows === null) return null;
  const evaluation: ShardRows[K][] = [];
  try {
    for (let start = 0; start < rows.size; start += CHUNK) {
      const count = Math.min(CHUNK, rows.size - start);
      evaluation.push(...(await rows.rows(Array.from({ length: count }, (_, i) => start + i))));
    }
  } finally {
    await rows.close();
  }
  const tokenized = new Set(evaluation.map(recordOf));
  const heldOut: ExampleKinds[K][] = [];
  let record = 0;
  for await (const example of dataset.examples(kind, 'eval'))
    if (tokenized.has(record++)) heldOut.push(withoutOrigin(example));
  return { evaluation, heldOut };
}

/** The number of the record that a row of one document was made of. */
function recordOf(row: ShardRow): number {
  return 'sources' in row ? row.sources[0] : row.source;
}

/** The changes of texts when the rows were read, each with its first example. */
function describeChanges({ repaired = {} }: IngestReport): string[] {
  return Object.entries(repaired).map(
    ([
      change,
      {
        count,
        examples: [first],
      },
    ]) => {
      const at = first.place ?? `row ${first.row} of ${first.dataset}`;
      const shown = `${JSON.stringify(first.before)} → ${JSON.stringify(first.after)}`.replace(
        /\p{Cc}/gu,
        ' ',
      );
      return `${count} rows were changed (${change}), first ${at}: ${shown}`;
    },
  );
}

/** What tokenization left out, and what reading did where the dataset was ingested for this stage. */
function droppedRows({ dropped: read, notTokenized }: IngestReport, ingestedNow: boolean) {
  const dropped: Record<string, number> = {};
  for (const counts of [ingestedNow ? read : {}, notTokenized?.train ?? {}])
    for (const [reason, { count }] of Object.entries(counts))
      dropped[reason] = (dropped[reason] ?? 0) + count;
  return dropped;
}
