import {
  generatePreferences,
  generatePrompts,
  generateSupervised,
  type IngestedDataset,
  isIngested,
  openDataset,
  type PreferenceExample,
  type PromptExample,
  readDataset,
  type SupervisedExample,
  splitByPrompt,
  type TaskSplit,
} from '@open-chatgpt/datasets';
import type { DatasetSource } from '@open-chatgpt/pipeline';
import { datasetIdOf } from '@open-chatgpt/pipeline';
import { createRng, type Rng } from '@open-chatgpt/random';

/** The data set that this project generates itself: short tasks in English and Chinese with checkable answers. */
export const BUILTIN_TASKS = 'builtin:tasks';

interface Examples {
  supervised: SupervisedExample;
  preference: PreferenceExample;
  prompts: PromptExample;
}

/** Examples made when no limit is given. */
const GENERATED = 20_000;
const GENERATED_FOR_EVALUATION = 400;

const generators: {
  [K in keyof Examples]: (n: number, rng: Rng, split: TaskSplit) => Iterable<Examples[K]>;
} = {
  supervised: generateSupervised,
  preference: generatePreferences,
  prompts: generatePrompts,
};

export interface SplitExamples<E> {
  train: E[];
  evaluation: E[];
  /** Rows left out, by reason. */
  dropped: Record<string, number>;
}

/**
 * Reads or generates the examples of a stage and holds some prompts out; none is on both sides. A folder that ingestion wrote is
 * taken as it was made: clean, and with its own held-out prompts where it has any.
 */
export async function loadExamples<K extends keyof Examples>(
  source: DatasetSource,
  kind: K,
  seed: number,
): Promise<SplitExamples<Examples[K]>> {
  if (source.path === BUILTIN_TASKS) {
    const rng = createRng(seed).fork(kind);
    const make = generators[kind];
    return {
      train: Array.from(make(source.limit ?? GENERATED, rng.fork('train'), 'train')),
      evaluation: Array.from(make(GENERATED_FOR_EVALUATION, rng.fork('heldOut'), 'heldOut')),
      dropped: {},
    };
  }
  if (source.path.startsWith('builtin:')) {
    throw new Error(`there is no data set "${source.path}"; the only one built in is ${BUILTIN_TASKS}`);
  }
  if (datasetIdOf(source.path) !== null) {
    throw new Error(
      `${source.path} names a data set of the platform, which is not known here; run the pipeline there (--gateway), ` +
        'or name a folder that `openchat data ingest` wrote.',
    );
  }
  if (await isIngested(source.path)) return ingestedExamples(source, kind, seed);
  const { examples, dropped } = await readDataset(source.path, {
    kind,
    adapter: source.adapter,
    limit: source.limit ?? undefined,
  });
  const { train, eval: evaluation } = splitByPrompt(examples as never[], source.evalFraction, seed);
  return { train: train as Examples[K][], evaluation: evaluation as Examples[K][], dropped };
}

/** The held-out examples alone; of a folder that ingestion wrote, nothing else is read. */
export async function loadHeldOut<K extends keyof Examples>(
  source: DatasetSource,
  kind: K,
  seed: number,
): Promise<Examples[K][]> {
  if (await isIngested(source.path)) {
    const evaluation = await sideOf(await openDataset(source.path), kind, 'eval');
    if (evaluation.length > 0) return evaluation;
  }
  return (await loadExamples(source, kind, seed)).evaluation;
}

async function ingestedExamples<K extends keyof Examples>(
  { path, adapter, limit, evalFraction }: DatasetSource,
  kind: K,
  seed: number,
): Promise<SplitExamples<Examples[K]>> {
  if (adapter !== undefined)
    throw new Error(`data set ${path}: was read when it was ingested; leave out the adapter ("${adapter}").`);
  const dataset = await openDataset(path);
  const train = await sideOf(dataset, kind, 'train', limit ?? undefined);
  const evaluation = await sideOf(dataset, kind, 'eval');
  if (evaluation.length > 0) return { train, evaluation, dropped: {} };
  const split = splitByPrompt(train as never[], evalFraction, seed);
  return { train: split.train, evaluation: split.eval, dropped: {} };
}

async function sideOf<K extends keyof Examples>(
  dataset: IngestedDataset,
  kind: K,
  side: 'train' | 'eval',
  most = Number.POSITIVE_INFINITY,
): Promise<Examples[K][]> {
  const examples: Examples[K][] = [];
  for await (const { dataset: _, row: __, language: ___, ...example } of dataset.examples(kind, side)) {
    examples.push(example as unknown as Examples[K]);
    if (examples.length >= most) break;
  }
  return examples;
}
