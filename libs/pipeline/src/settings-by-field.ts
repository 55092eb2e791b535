import type { PipelineConfig } from './pipeline';

/** The settings of a pipeline as `--set` names them: `sft.learningRate` → its value as JSON. Those of a stage stand under its name. */
export function settingsByField({ stages, ...fields }: PipelineConfig): Map<string, string> {
  const named = stages.map(({ name, uses, models, with: settings }) => [name, { uses, models, ...settings }]);
  const order = stages.map(({ name }) => name).join(', ');
  return flatten({ ...fields, stages: order, ...Object.fromEntries(named) });
}

function flatten(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[path, JSON.stringify(value)]]);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return new Map(entries.flatMap(([key, one]) => [...flatten(one, path ? `${path}.${key}` : key)]));
}
