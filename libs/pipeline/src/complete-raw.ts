import { stageDescriptors } from './stages/registry';

type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The name of a stage as written: its own, or that of its algorithm. */
export function rawStageName(stage: unknown): string | undefined {
  if (!isMapping(stage)) return undefined;
  const name = stage.name ?? stage.uses;
  return typeof name === 'string' ? name : undefined;
}

/** Puts the preset under the fields of a stage, the pipeline's seed under each that has none, and names each stage. */
export function completeRaw(raw: unknown): unknown {
  if (!isMapping(raw) || !Array.isArray(raw.stages)) return raw;
  return { ...raw, stages: raw.stages.map((stage) => completeStage(stage, raw.seed)) };
}

function completeStage(stage: unknown, seed: unknown): unknown {
  if (!isMapping(stage)) return stage;
  const named = stage.name === undefined ? { ...stage, name: rawStageName(stage) } : stage;
  const settings = stage.with ?? {};
  if (!isMapping(settings)) return named;
  const inherited = seed === undefined ? {} : { seed };
  return { ...named, with: { ...presetOf(stage.uses, settings.preset), ...inherited, ...settings } };
}

function presetOf(uses: unknown, preset: unknown): Mapping {
  const presets = stageDescriptors.find(({ name }) => name === uses)?.presets ?? {};
  return typeof preset === 'string' && Object.hasOwn(presets, preset) ? presets[preset] : {};
}
