import { isMapping } from './defaults';
import type { ConfigProblem } from './fields/parse';

/** A value that takes the place of a field of the pipeline file, as a command-line flag gives it. */
export interface PipelineOverride {
  path: readonly string[];
  /** null leaves the field out where the field itself cannot be null: a stage, `model.scratch`. */
  value: unknown;
  /** What messages name instead of a place in the file, such as `--set sft.learningRate=fast`. */
  source: string;
}

const removable = new Set(['sft', 'reward', 'ppo', 'model.path', 'model.scratch']);

/** The raw pipeline with the overrides in it; the file's own value is not changed. */
export function withOverrides(raw: unknown, overrides: readonly PipelineOverride[]): unknown {
  return overrides.reduce((value, { path, value: wanted }) => {
    const absent = wanted === null && removable.has(path.join('.'));
    return replaced(value, path, absent ? undefined : wanted);
  }, raw);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], wanted: unknown): unknown {
  if (key === undefined) return wanted;
  const mapping = { ...(isMapping(value) ? value : {}) };
  mapping[key] = replaced(mapping[key], rest, wanted);
  if (mapping[key] === undefined) delete mapping[key];
  return mapping;
}

/** The override that a problem comes from: the last one at the problem's field, inside it or around it. */
export function overrideOf(
  { path }: ConfigProblem,
  overrides: readonly PipelineOverride[],
): PipelineOverride | undefined {
  if (path.length === 0) return undefined;
  return overrides.findLast((override) => {
    const common = Math.min(path.length, override.path.length);
    return override.path.slice(0, common).every((key, i) => key === String(path[i]));
  });
}
