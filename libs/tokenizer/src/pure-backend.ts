import type { Backend } from './backend';

type Library = typeof import('@huggingface/tokenizers', { with: { 'resolution-mode': 'import' }});

/** Hugging Face's TypeScript library, which runs on every platform of Node. */
export function openPure(tokenizerJson: string): Backend {
  const { Tokenizer } = require('@huggingface/tokenizers') as Library;
  // Without a configuration, which could only clean up spaces: the native library does not do that either.
  const pure = new Tokenizer(JSON.parse(tokenizerJson), {});
  const encode = (text: string, addSpecialTokens: boolean) =>
    text === '' && !addSpecialTokens ? [] : pure.encode(text, { add_special_tokens: addSpecialTokens }).ids;
  return {
    encode: async (text, addSpecialTokens) => encode(text, addSpecialTokens),
    encodeBatch: async (texts, addSpecialTokens) => texts.map((text) => encode(text, addSpecialTokens)),
    decode: async (ids, skipSpecialTokens) =>
      pure.decode(ids, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }),
    tokenToId: (token) => pure.token_to_id(token) ?? null,
    idToToken: (id) => pure.id_to_token(id) ?? null,
  };
}
