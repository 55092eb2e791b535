import {
  type DatasetKind,
  type Example,
  exampleAdapter,
  generatePreferences,
  generatePrompts,
  generateSupervised,
  generateUnpaired,
  type TaskSplit,
} from '@open-chatgpt/datasets';
import type { IngestSource } from '@open-chatgpt/ingestion';
import { createRng, type Rng } from '@open-chatgpt/random';

/** The dataset that this project generates itself: short tasks in English and Chinese with checkable answers. */
export const BUILTIN_TASKS = 'builtin:tasks';

/** Examples made when no limit is given. */
export const GENERATED = 20_000;
const GENERATED_FOR_EVALUATION = 400;

const generators: Record<DatasetKind, (n: number, rng: Rng, split: TaskSplit) => Iterable<Example>> = {
  supervised: generateSupervised,
  preference: generatePreferences,
  unpaired: generateUnpaired,
  prompts: generatePrompts,
};

/** The built-in tasks, the held-out ones apart. @param count of the examples to train on */
export function builtinTasks(kind: DatasetKind, count: number, seed: number): IngestSource[] {
  const rng = createRng(seed).fork(kind);
  const make = generators[kind];
  return [
    sourceOf(BUILTIN_TASKS, 'train', make(count, rng.fork('train'), 'train')),
    sourceOf(
      `${BUILTIN_TASKS} (held out)`,
      'eval',
      make(GENERATED_FOR_EVALUATION, rng.fork('heldOut'), 'heldOut'),
    ),
  ];
}

function sourceOf(name: string, split: 'train' | 'eval', examples: Iterable<Example>): IngestSource {
  async function* rows() {
    let line = 0;
    for (const value of examples) yield { line: ++line, value };
  }
  return { name, split, rows: rows(), adapter: exampleAdapter };
}
