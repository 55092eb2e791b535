import type { ServedText } from '../models/loaded-model';

/** The tokens of a text, or the tokens themselves. @throws TextTooLong when even the fewest tokens of the text exceed the context */
export async function encodePrompt(
  { tokenizer, maxLength }: ServedText,
  prompt: string | number[],
  addSpecialTokens = true,
): Promise<number[]> {
  if (typeof prompt !== 'string') return prompt;
  tokenizer.checkLength(prompt, maxLength);
  return tokenizer.encode(prompt, { addSpecialTokens });
}
