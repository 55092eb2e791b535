import { sftPresets } from './stages/sft-presets';

type Mapping = Record<string, unknown>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function presetOf(stage: Mapping): Mapping {
  const name = stage.preset;
  return typeof name === 'string' && Object.hasOwn(sftPresets, name)
    ? sftPresets[name as keyof typeof sftPresets]
    : {};
}

/** Puts the preset under the SFT fields, and the pipeline's seed under each stage that names none. */
export function withInherited(raw: unknown): unknown {
  if (!isMapping(raw)) return raw;
  const inherited: Mapping = { ...raw };
  for (const stage of ['sft', 'reward', 'ppo']) {
    const fields = raw[stage];
    if (!isMapping(fields)) continue;
    const seed = raw.seed === undefined ? {} : { seed: raw.seed };
    inherited[stage] = { ...(stage === 'sft' ? presetOf(fields) : {}), ...seed, ...fields };
  }
  return inherited;
}
