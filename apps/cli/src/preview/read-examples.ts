import {
  type DatasetKind,
  generatePreferences,
  generatePrompts,
  generateSupervised,
  type PreferenceExample,
  type PromptExample,
  type ReadResult,
  readDataset,
  type SupervisedExample,
} from '@open-chatgpt/datasets';
import { createRng } from '@open-chatgpt/random';

/** Examples with the kind that they were read as. */
export type Found =
  | ({ kind: 'supervised' } & ReadResult<SupervisedExample>)
  | ({ kind: 'preference' } & ReadResult<PreferenceExample>)
  | ({ kind: 'prompts' } & ReadResult<PromptExample>);

/** Of the built-in tasks, which could be made without end. */
const TASKS = 1000;

/**
 * Reads a dataset as the kind asked for, or as what it holds most of: pairs, conversations, prompts.
 * @throws Error with what is wrong when it cannot be read as any
 */
export async function readExamples(
  path: string,
  options: { kind?: DatasetKind; adapter?: string },
): Promise<Found> {
  const kinds: DatasetKind[] = options.kind ? [options.kind] : ['preference', 'supervised', 'prompts'];
  let problem: unknown;
  for (const kind of kinds) {
    try {
      return path === 'builtin:tasks'
        ? generated(options.kind ?? 'supervised')
        : await read(path, kind, options.adapter);
    } catch (error) {
      // What is wrong with the file itself comes first; "holds no preference examples" only says: not this kind.
      problem ??= error;
      if (!/holds no \w+ examples/.test((error as Error).message)) problem = error;
    }
  }
  throw problem;
}

async function read(path: string, kind: DatasetKind, adapter?: string): Promise<Found> {
  const result = await readDataset(path, { kind, adapter });
  return { kind, ...result } as Found;
}

function generated(kind: DatasetKind): Found {
  const rng = createRng(0);
  const rest = { adapter: 'builtin:tasks', dropped: {}, firstDropped: {} };
  if (kind === 'preference') return { kind, examples: [...generatePreferences(TASKS, rng)], ...rest };
  if (kind === 'prompts') return { kind, examples: [...generatePrompts(TASKS, rng)], ...rest };
  return { kind, examples: [...generateSupervised(TASKS, rng)], ...rest };
}
