import {
  type ColumnMapping,
  type DatasetKind,
  generatePreferences,
  generatePrompts,
  generateSupervised,
  generateUnpaired,
  kindOf,
  openSource,
  type PreferenceExample,
  type PromptExample,
  type ReadResult,
  readDataset,
  type SupervisedExample,
  type UnpairedExample,
} from '@open-chatgpt/datasets';
import { createRng } from '@open-chatgpt/random';

/** Examples and their kind. */
export type Found =
  | ({ kind: 'supervised' } & ReadResult<SupervisedExample>)
  | ({ kind: 'preference' } & ReadResult<PreferenceExample>)
  | ({ kind: 'unpaired' } & ReadResult<UnpairedExample>)
  | ({ kind: 'prompts' } & ReadResult<PromptExample>);

/** Number of built-in tasks, which are generated without limit. */
const TASKS = 1000;

/**
 * Reads a dataset as the given kind, or as the kind of most of its rows: pairs, conversations, prompts.
 * @throws Error as `readDataset`
 */
export async function readExamples(
  path: string,
  options: { kind?: DatasetKind; adapter?: string; columns?: ColumnMapping },
): Promise<Found> {
  if (path === 'builtin:tasks') return generated(options.kind ?? 'supervised');
  const source = await openSource(path);
  const kind = options.kind ?? (await kindOf(source, options));
  const result = await readDataset(source, { kind, adapter: options.adapter, columns: options.columns });
  return { kind, ...result } as Found;
}

function generated(kind: DatasetKind): Found {
  const rng = createRng(0);
  const rest = { adapter: 'builtin:tasks', dropped: {}, firstDropped: {}, repaired: {} };
  if (kind === 'preference') return { kind, examples: [...generatePreferences(TASKS, rng)], ...rest };
  if (kind === 'unpaired') return { kind, examples: [...generateUnpaired(TASKS, rng)], ...rest };
  if (kind === 'prompts') return { kind, examples: [...generatePrompts(TASKS, rng)], ...rest };
  return { kind, examples: [...generateSupervised(TASKS, rng)], ...rest };
}
