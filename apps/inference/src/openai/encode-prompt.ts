import { TextTooLong } from '@open-chatgpt/tokenizer';
import type { ServedText } from '../models/loaded-model';
import { contextExceeded } from './openai-error';

/** The tokens of a text, or the tokens themselves. @param field that has the text @throws OpenAiError when even the fewest tokens of the text exceed the context */
export async function encodePrompt(
  { tokenizer, maxLength }: ServedText,
  prompt: string | number[],
  field = 'prompt',
  addSpecialTokens = true,
): Promise<number[]> {
  if (typeof prompt !== 'string') return prompt;
  try {
    tokenizer.checkLength(prompt, maxLength);
  } catch (error) {
    throw error instanceof TextTooLong ? contextExceeded(field, error.message) : error;
  }
  return tokenizer.encode(prompt, { addSpecialTokens });
}
