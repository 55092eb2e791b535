import { generateText, type TextGeneration } from '@open-chatgpt/generation';
import { encodeChat, type Message } from '@open-chatgpt/tokenizer';
import type { AnsweringOptions } from './answering-options';
import type { Answerer } from './open-answerer';

export interface AnswerRequest extends Pick<AnsweringOptions, 'maxNewTokens' | 'stop' | 'seed'> {
  numBeams?: number;
  onText?: (event: { index: number; text: string }) => unknown;
  signal?: AbortSignal;
}

/** The tokens of a conversation, by the chat template; without a template, of the last message as plain text. */
export function encodePrompt(
  { tokenizer, template }: Answerer,
  messages: readonly Message[],
): Promise<number[]> {
  if (template) return encodeChat(tokenizer, template, messages, { addGenerationPrompt: true });
  return tokenizer.encode(messages[messages.length - 1].content, { addSpecialTokens: true });
}

/** One answer for each prompt, in order. */
export function answerAll(
  answerer: Answerer,
  prompts: readonly (readonly number[])[],
  { stop, numBeams = 1, ...request }: AnswerRequest,
): Promise<TextGeneration[]> {
  const { generator, tokenizer, template, sampling } = answerer;
  return generateText(generator, tokenizer, {
    ...request,
    ...(numBeams > 1 ? { numBeams } : sampling),
    prompts,
    stop: [...stop, ...(template?.stop ?? [])],
    ...(template && { stopTokenIds: template.stopTokenIds }),
  });
}
