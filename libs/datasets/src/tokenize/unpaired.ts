import type { ChatTemplate, Tokenizer } from '@open-chatgpt/tokenizer';
import type { UnpairedExample } from '../examples';
import { type TokenizedAnswer, tokenizeAnswer } from './answer';
import { type Dropped, isDropped } from './dropped';
import type { TokenizeOptions } from './supervised';

export interface TokenizedUnpaired extends TokenizedAnswer {
  /** Whether the answer is good. */
  label: boolean;
}

/** Token ids of an answer after its prompt. An answer longer than maxLength is dropped: its label holds for the whole of it. */
export async function tokenizeUnpaired(
  { messages, label }: UnpairedExample,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  options: TokenizeOptions,
): Promise<TokenizedUnpaired | Dropped> {
  const answer = await tokenizeAnswer(messages, tokenizer, template, options);
  return isDropped(answer) ? answer : { ...answer, label };
}
