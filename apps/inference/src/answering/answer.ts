import { generateText, type TextGeneration, type TokenEvent } from '@open-chatgpt/generation';
import type { LoadedModel } from '../models/served-model';
import type { GenerationPlan } from './generation-options';

/** A piece of an answer's text, with the tokens that it is made of. */
export interface Piece {
  /** Of the answer. */
  index: number;
  text: string;
  tokens: readonly TokenEvent[];
}

/** Told what happens to answers, from within the loop that decodes all requests: returns soon. */
export interface AnswerListener {
  onToken(index: number): void;
  onPiece(piece: Piece): void;
  onEnd(index: number, finishReason: TextGeneration['finishReason']): void;
}

/**
 * Gives the answers of one request, which decode beside those of others. Answer i draws from the stream of seed + i.
 * @returns them in their order
 * @throws the signal's reason on abort; then, and when one fails, no other goes on
 */
export async function answer(
  { generator, tokenizer }: LoadedModel,
  { prompts, options }: GenerationPlan,
  listener: AnswerListener,
  outer: AbortSignal,
): Promise<TextGeneration[]> {
  const failure = new AbortController();
  const signal = AbortSignal.any([outer, failure.signal]);
  const stopTokens = new Set(options.stopTokenIds);
  const one = async (prompt: readonly number[], index: number) => {
    let tokens: TokenEvent[] = [];
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
        const piece = { index, text, tokens };
        tokens = [];
        listener.onPiece(piece);
      },
    });
    listener.onEnd(index, generation.finishReason);
    return generation;
  };
  try {
    return await Promise.all(prompts.map(one));
  } catch (error) {
    failure.abort(error);
    throw error;
  }
}
