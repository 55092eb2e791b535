import { generateText, type TextGeneration, type TokenEvent } from '@open-chatgpt/generation';
import type { LoadedModel } from '../models/loaded-model';
import type { GenerationPlan } from './generation-plan';

/** A piece of a choice's text, with the tokens that it consists of. */
export interface Delta {
  /** Number of the choice in the response. */
  index: number;
  text: string;
  tokens: readonly TokenEvent[];
}

/** Callbacks from within the loop that decodes all requests: they must return quickly. */
export interface ChoiceListener {
  onToken(index: number): void;
  onDelta(delta: Delta): void;
  onFinish(index: number, generation: TextGeneration): void;
}

/** An answer without tokens, which `generateText` does not give. */
const emptyAnswer = (promptTokens: number): TextGeneration => ({
  text: '',
  tokens: [],
  logProbs: new Float32Array(0),
  finishReason: 'length',
  stopString: null,
  promptTokens,
  cachedTokens: 0,
});

/**
 * Generates the choices of one request, in one batch with those of other requests. Choice i draws from the random stream
 * of seed + i.
 * @returns the choices in their order
 * @throws the signal's reason on abort; when one choice fails, the others are aborted
 */
export async function generateChoices(
  { generator, tokenizer }: LoadedModel,
  { prompts, options }: GenerationPlan,
  listener: ChoiceListener,
  outer: AbortSignal,
): Promise<TextGeneration[]> {
  const failure = new AbortController();
  const signal = AbortSignal.any([outer, failure.signal]);
  const stopTokens = new Set(options.stopTokenIds);
  const generate = async (prompt: readonly number[], index: number) => {
    let tokens: TokenEvent[] = [];
    if (options.maxNewTokens === 0) {
      const empty = emptyAnswer(prompt.length);
      listener.onFinish(index, empty);
      return empty;
    }
    const [generation] = await generateText(generator, tokenizer, {
      ...options,
      prompts: [prompt],
      seed: options.seed + index,
      signal,
      onToken(event) {
        listener.onToken(index);
        if (!stopTokens.has(event.token)) tokens.push(event);
      },
      onText({ text }) {
        const delta = { index, text, tokens };
        tokens = [];
        listener.onDelta(delta);
      },
    });
    listener.onFinish(index, generation);
    return generation;
  };
  try {
    return await Promise.all(prompts.map(generate));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
}
