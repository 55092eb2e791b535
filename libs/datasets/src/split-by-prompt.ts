import { createHash } from 'node:crypto';
import type { Message } from '@open-chatgpt/tokenizer';
import type { PreferenceExample, PromptExample, SupervisedExample } from './examples';

/**
 * Splits examples so that no prompt is on both sides: a hash of the seed and the conversation's opening (everything before
 * the first answer) decides. `evalFraction` is met on average; when there are two prompts or more, each side gets one.
 * Order is kept, and an example keeps its side when others are added.
 */
export function splitByPrompt<E extends SupervisedExample | PreferenceExample | PromptExample>(
  examples: readonly E[],
  evalFraction: number,
  seed: number,
): { train: E[]; eval: E[] } {
  if (!(evalFraction >= 0 && evalFraction < 1)) {
    throw new Error(
      `splitByPrompt: evalFraction is ${evalFraction}; expected at least 0 and below 1, as 0.1.`,
    );
  }
  const places = examples.map((example) => promptPlace(example, seed));
  if (evalFraction === 0) return { train: [...examples], eval: [] };
  const smallest = places.reduce((a, b) => Math.min(a, b), 1);
  const largest = places.reduce((a, b) => Math.max(a, b), 0);
  const isEval = (at: number) => at !== largest && (at < evalFraction || at === smallest);
  return {
    train: examples.filter((_, index) => !isEval(places[index])),
    eval: examples.filter((_, index) => isEval(places[index])),
  };
}

/**
 * The place in [0, 1) that an example's prompt has under that seed: below `evalFraction`, it is held out. For splitting a
 * stream, of which no one knows the smallest and the largest.
 */
export function promptPlace(
  example: SupervisedExample | PreferenceExample | PromptExample,
  seed: number,
): number {
  const opening = openingOf(example).map(({ role, content }) => [role, content]);
  const digest = createHash('sha256')
    .update(`${seed}:${JSON.stringify(opening)}`)
    .digest();
  return Number(digest.readBigUInt64LE(0) >> 11n) / 2 ** 53;
}

/** What precedes the first answer. */
export function openingOf(
  example: SupervisedExample | PreferenceExample | PromptExample,
): readonly Message[] {
  const messages = 'prompt' in example ? example.prompt : example.messages;
  const answer = messages.findIndex((message) => message.role === 'assistant');
  return answer === -1 ? messages : messages.slice(0, answer);
}
