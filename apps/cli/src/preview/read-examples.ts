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

/** Examples and their kind. */
export type Found =
  | ({ kind: 'supervised' } & ReadResult<SupervisedExample>)
  | ({ kind: 'preference' } & ReadResult<PreferenceExample>)
  | ({ kind: 'prompts' } & ReadResult<PromptExample>);

/** Number of built-in tasks, which are generated without limit. */
const TASKS = 1000;

/**
 * Reads a dataset as the given kind, or as the kind of most of its rows: pairs, conversations, prompts.
 * @throws Error with the reason when no kind matches
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
      // An error of the file comes first; "holds no preference examples" only excludes one kind.
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
