import type { ChatTemplate, Message, Tokenizer } from '@open-chatgpt/tokenizer';
import { type Dropped, isDropped } from './dropped';
import { IGNORED_LABEL, type TokenizeOptions, tokenizeSupervised } from './supervised';

/** An answer after its prompt. */
export interface TokenizedAnswer {
  /** `[T]`: prompt, answer, EOS. */
  inputIds: Int32Array;
  /** Tokens of the prompt. */
  promptLength: number;
}

/**
 * Token ids of a conversation, of which only the last turn counts, an answer. It is dropped rather than truncated where it is longer than
 * maxLength: what is known of an answer holds for the whole of it.
 */
export async function tokenizeAnswer(
  messages: readonly Message[],
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { maxLength }: TokenizeOptions,
): Promise<TokenizedAnswer | Dropped> {
  const last = messages.length - 1;
  const counted = messages.map((message, i) => (i < last ? { ...message, learned: false } : message));
  const answer = await tokenizeSupervised({ messages: counted }, tokenizer, template, {
    maxLength: maxLength + 1,
  });
  if (isDropped(answer)) return answer.dropped === 'noLabelLeft' ? { dropped: 'promptTooLong' } : answer;
  const { inputIds, labels } = answer;
  if (inputIds.length > maxLength) return { dropped: 'answerTooLong' };
  return { inputIds, promptLength: labels.findIndex((label) => label !== IGNORED_LABEL) };
}
