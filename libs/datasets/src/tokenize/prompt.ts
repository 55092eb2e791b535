import {
  type ChatTemplate,
  ChatTemplateError,
  encodeChat,
  type Tokenizer,
  toolsRefusal,
} from '@open-chatgpt/tokenizer';
import type { PromptExample } from '../examples';
import type { Dropped } from './dropped';
import type { TokenizeOptions } from './supervised';

export interface TokenizedPrompt {
  /** `[T]`, up to the beginning of the answer. */
  inputIds: Int32Array;
}

/** Token ids of a prompt to generate from. A prompt longer than maxLength is dropped: half a question has another answer. */
export async function tokenizePrompt(
  example: PromptExample,
  tokenizer: Tokenizer,
  template: ChatTemplate,
  { maxLength }: TokenizeOptions,
): Promise<TokenizedPrompt | Dropped> {
  const refusal = toolsRefusal(template, example.messages);
  if (refusal !== null) return { dropped: 'templateWithoutTools', detail: refusal };
  try {
    const ids = await encodeChat(tokenizer, template, example.messages, { addGenerationPrompt: true });
    return ids.length > maxLength ? { dropped: 'promptTooLong' } : { inputIds: Int32Array.from(ids) };
  } catch (error) {
    if (!(error instanceof ChatTemplateError)) throw error;
    return { dropped: 'templateRefuses', detail: error.message };
  }
}
