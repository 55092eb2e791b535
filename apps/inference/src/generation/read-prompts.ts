import { promptLogProbs, type TokenEvent } from '@open-chatgpt/generation';
import type { LoadedModel } from '../models/loaded-model';
import type { GenerationPlan } from './generation-plan';

/** The prompt of a choice, as the response may show it. */
export interface ReadPrompt {
  ids: readonly number[];
  /** Of the tokens after the first, which has none; null where the request does not ask for them. */
  logProbs: readonly TokenEvent[] | null;
}

/** The prompt of each choice. Choices with the same prompt share its log-probabilities. @throws the signal's reason on abort */
export async function readPrompts(
  { generator }: LoadedModel,
  { prompts, options, promptLogProbs: topLogProbs }: GenerationPlan,
  outer: AbortSignal,
): Promise<ReadPrompt[]> {
  if (topLogProbs === null) return prompts.map((ids) => ({ ids, logProbs: null }));
  const failure = new AbortController();
  const signal = AbortSignal.any([outer, failure.signal]);
  const read = (ids: readonly number[]) =>
    promptLogProbs(generator, ids, { temperature: options.temperature, topLogProbs, signal });
  const known = new Map([...new Set(prompts)].map((ids) => [ids, read(ids)]));
  try {
    return await Promise.all(prompts.map(async (ids) => ({ ids, logProbs: await known.get(ids)! })));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
}
