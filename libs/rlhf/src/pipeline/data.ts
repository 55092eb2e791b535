import {
  generatePreferences,
  generatePrompts,
  generateSupervised,
  type PreferenceExample,
  type PromptExample,
  readDataset,
  type SupervisedExample,
  splitByPrompt,
  type TaskSplit,
} from '@open-chatgpt/datasets';
import { createRng, type Rng } from '@open-chatgpt/random';
import type { DatasetSource } from './sources';

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

const generators: { [K in keyof Examples]: (n: number, rng: Rng, split: TaskSplit) => Examples[K][] } = {
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

/** Reads or generates the examples of a stage and holds some prompts out; none is on both sides. */
export async function loadExamples<K extends keyof Examples>(
  source: DatasetSource,
  kind: K,
  seed: number,
): Promise<SplitExamples<Examples[K]>> {
  if (source.path === BUILTIN_TASKS) {
    const rng = createRng(seed).fork(kind);
    const make = generators[kind];
    return {
      train: make(source.limit ?? GENERATED, rng.fork('train'), 'train'),
      evaluation: make(GENERATED_FOR_EVALUATION, rng.fork('heldOut'), 'heldOut'),
      dropped: {},
    };
  }
  if (source.path.startsWith('builtin:')) {
    throw new Error(`there is no data set "${source.path}"; the only one built in is ${BUILTIN_TASKS}`);
  }
  const { examples, dropped } = await readDataset(source.path, {
    kind,
    adapter: source.adapter,
    limit: source.limit ?? undefined,
  });
  const { train, eval: evaluation } = splitByPrompt(examples as never[], source.evalFraction, seed);
  return { train: train as Examples[K][], evaluation: evaluation as Examples[K][], dropped };
}
