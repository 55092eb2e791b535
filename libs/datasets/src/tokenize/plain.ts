import type { Tokenizer } from '@open-chatgpt/tokenizer';

/**
 * Token ids of a text without turns, as TRL makes them: the tokenizer's encoding with BOS where it adds one, and EOS unless the text ends
 * with it. Special tokens that the text spells are tokens: such texts often come from a chat template.
 */
export async function encodePlain(text: string, tokenizer: Tokenizer): Promise<number[]> {
  const { bosToken, eosTokenId } = tokenizer;
  const addSpecialTokens = bosToken === null || !text.startsWith(bosToken);
  const ids = await tokenizer.encode(text, { parseSpecialTokens: true, addSpecialTokens });
  return eosTokenId === null || ids.at(-1) === eosTokenId ? ids : [...ids, eosTokenId];
}
