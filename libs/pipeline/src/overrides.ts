import { checkComplexity } from '@open-chatgpt/untrusted';
import { isMapping, rawStageName } from './complete-raw';
import type { ConfigProblem } from './fields/parse';
import { reservedNames } from './pipeline';

/** A value that takes the place of a field of the pipeline file, as a command-line flag gives it. */
export interface PipelineOverride {
  /**
   * `['seed']` is a field of the pipeline, `['sft', 'learningRate']` one of the settings of the stage `sft`,
   * `['ppo', 'models', 'rewardModel']` one of its models.
   */
  path: readonly string[];
  /** null removes a stage, `model.path` or `model.scratch`; elsewhere it is the value. */
  value: unknown;
  /** What messages name instead of a place in the file, such as `--set sft.learningRate=fast`. */
  source: string;
}

/** An override with its path as it stands in the file: `['stages', 0, 'with', 'learningRate']`. */
interface PlacedOverride {
  path: (string | number)[];
  source: string;
}

const removable = new Set(['model.path', 'model.scratch']);

/**
 * The raw pipeline with the overrides in it; the file's own value does not change.
 * @throws Error when an override names neither a field nor a stage
 */
export function withOverrides(
  raw: unknown,
  overrides: readonly PipelineOverride[],
): { raw: unknown; placed: PlacedOverride[] } {
  let result = raw;
  const placed: PlacedOverride[] = [];
  for (const { path, value, source } of overrides) {
    checkComplexity(value, source);
    const at = placeOf(result, path, source);
    const absent = value === null && (at.length === 2 || removable.has(path.join('.')));
    result = replaced(result, at, absent ? undefined : value);
    placed.push({ path: at, source });
  }
  return { raw: result, placed };
}

function placeOf(raw: unknown, path: readonly string[], source: string): (string | number)[] {
  const [name, ...rest] = path;
  // Assigned as a key, it would name the prototype of an object and no field.
  if (path.includes('__proto__')) throw new Error(`${source}: unknown field "__proto__"`);
  if (reservedNames.includes(name) && name !== 'stages') return [...path];
  const stages = isMapping(raw) && Array.isArray(raw.stages) ? raw.stages : [];
  const index = stages.findIndex((stage) => rawStageName(stage) === name);
  if (index < 0) {
    const names = stages.map(rawStageName).filter((one) => one !== undefined);
    throw new Error(
      `${source}: there is no stage and no field "${name}"; ` +
        `stages: ${names.join(', ') || 'none'}; fields: ${reservedNames.filter((one) => one !== 'stages').join(', ')}`,
    );
  }
  if (rest.length === 0) return ['stages', index];
  return ['stages', index, ...(rest[0] === 'models' ? rest : ['with', ...rest])];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], wanted: unknown): unknown {
  if (key === undefined) return wanted;
  if (Array.isArray(value) && typeof key === 'number') {
    const item = replaced(value[key], rest, wanted);
    return item === undefined ? value.toSpliced(key, 1) : value.with(key, item);
  }
  const mapping = { ...(isMapping(value) ? value : {}) };
  mapping[key] = replaced(mapping[key], rest, wanted);
  if (mapping[key] === undefined) delete mapping[key];
  return mapping;
}

/** The override that a problem comes from: the last one at the problem's field, inside it or around it. */
export function overrideOf(
  { path }: ConfigProblem,
  overrides: readonly PlacedOverride[],
): PlacedOverride | undefined {
  if (path.length === 0) return undefined;
  return overrides.findLast((override) => {
    const common = Math.min(path.length, override.path.length);
    return override.path.slice(0, common).every((key, i) => String(key) === String(path[i]));
  });
}
