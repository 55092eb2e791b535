import type { SamplingOptions } from './generate-options';

/** The defaults of Hugging Face's GenerationConfig and of OpenAI's API: sampling from the full distribution. */
export const DEFAULT_SAMPLING: Readonly<Required<SamplingOptions>> = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  logitBias: new Map(),
  doSample: true,
};

/** Nucleus sampling with p = 0 keeps only the most probable token. */
const SMALLEST_TOP_P = 1e-9;

/** All sampling options; absent ones have their default. */
export function withSamplingDefaults(options: SamplingOptions): Required<SamplingOptions> {
  const names = Object.keys(DEFAULT_SAMPLING) as (keyof SamplingOptions)[];
  return Object.fromEntries(
    names.map((name) => [name, options[name] ?? DEFAULT_SAMPLING[name]]),
  ) as unknown as Required<SamplingOptions>;
}

/**
 * The sampling options for a request to a model, which the command line and the server share. The request has precedence,
 * then the model's generation_config.json, then `DEFAULT_SAMPLING`. A temperature of 0 selects the most probable token.
 * `do_sample: false` in generation_config.json has no effect: it is also the default of that file.
 */
export function samplingFor(
  requested: SamplingOptions,
  generationConfig: Readonly<Record<string, unknown>> | null,
): SamplingOptions {
  const configured = (name: string) => {
    const value = generationConfig?.[name];
    return typeof value === 'number' ? value : undefined;
  };
  const temperature = requested.temperature ?? configured('temperature') ?? DEFAULT_SAMPLING.temperature;
  const topK = requested.topK ?? configured('top_k');
  const topP = requested.topP ?? configured('top_p');
  const { frequencyPenalty, presencePenalty, logitBias } = requested;
  const penalties = {
    repetitionPenalty: requested.repetitionPenalty ?? configured('repetition_penalty'),
    frequencyPenalty,
    presencePenalty,
    logitBias,
  };
  if (temperature === 0) return { ...penalties, doSample: false };
  return {
    ...penalties,
    temperature,
    topK: topK === undefined ? undefined : Math.max(topK, 0),
    topP: topP === undefined ? undefined : Math.max(topP, SMALLEST_TOP_P),
    minP: requested.minP ?? configured('min_p'),
  };
}
