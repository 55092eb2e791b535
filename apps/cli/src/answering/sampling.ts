import type { SamplingOptions } from '@open-chatgpt/generation';
import type { AnsweringOptions } from './answering-options';

const DEFAULT_TEMPERATURE = 0.7;

/** Flags first, then what the model's generation_config.json advises, then a mild temperature. */
export function samplingOf(
  flags: Partial<AnsweringOptions>,
  advised: Record<string, unknown> | null,
): SamplingOptions {
  const advice = (name: string) =>
    typeof advised?.[name] === 'number' ? (advised[name] as number) : undefined;
  const temperature = flags.temperature ?? advice('temperature') ?? DEFAULT_TEMPERATURE;
  const repetitionPenalty = flags.repetitionPenalty ?? advice('repetition_penalty');
  // `do_sample: false` is also what a configuration says that advises nothing, so only a temperature of 0 is greedy.
  if (temperature === 0) return { doSample: false, repetitionPenalty };
  return {
    temperature,
    topP: flags.topP ?? advice('top_p'),
    topK: flags.topK ?? advice('top_k'),
    minP: flags.minP ?? advice('min_p'),
    repetitionPenalty,
  };
}
