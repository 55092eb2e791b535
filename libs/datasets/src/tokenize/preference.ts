import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { PreferenceExample } from '../examples';
import { tokenizeAnswer } from './answer';
import { type Dropped, isDropped } from './dropped';
import type { TokenizeOptions } from './supervised';

export interface TokenizedPreference {
  /** `[T₁]`: prompt, better answer, EOS. */
  chosenIds: Int32Array;
  /** `[T₂]`: the same prompt, worse answer, EOS. */
  rejectedIds: Int32Array;
  /** Tokens of the prompt, the same in both. */
  promptLength: number;
  /** 0 where the dataset has none. */
  margin: number;
  /** Probability that chosen is better; 1 where the dataset has none. */
  weight: number;
}

/** Tokens of the prompt and the longer answer: the length of the pair in a batch. */
export function pairLength({ chosenIds, rejectedIds }: TokenizedPreference): number {
  return Math.max(chosenIds.length, rejectedIds.length);
}

/**
 * Token ids of both answers after their prompt. A pair longer than maxLength is dropped rather than truncated: the preference holds for
 * the whole answers. Two identical answers are dropped too.
 */
export async function tokenizePreference(
  example: PreferenceExample,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { maxLength }: TokenizeOptions,
): Promise<TokenizedPreference | Dropped> {
  const { prompt, chosen, rejected, margin = 0, weight = 1 } = example;
  if (chosen === rejected) return { dropped: 'identicalAnswers' };
  const tokenized = [];
  for (const content of [chosen, rejected]) {
    const messages = [...prompt, { role: 'assistant' as const, content }];
    const answer = await tokenizeAnswer(messages, tokenizer, template, { maxLength });
    if (isDropped(answer)) return answer;
    tokenized.push(answer);
  }
  const [better, worse] = tokenized;
  return {
    chosenIds: better.inputIds,
    rejectedIds: worse.inputIds,
    promptLength: better.promptLength,
    margin,
    weight,
  };
}
