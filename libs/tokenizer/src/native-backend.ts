import type { Backend } from './backend';

/** Hugging Face's Rust library through N-API. Throws here, and not at import, when no binary fits the platform. */
export function openNative(): (tokenizerJson: string) => Backend {
  const library = require('tokenizers') as typeof import('tokenizers');
  return (tokenizerJson) => {
    const native = library.Tokenizer.fromString(tokenizerJson);
    return {
      encode: async (text, addSpecialTokens) =>
        (await native.encode(text, null, { addSpecialTokens })).getIds(),
      encodeBatch: async (texts, addSpecialTokens) =>
        (await native.encodeBatch([...texts], { addSpecialTokens })).map((encoding) => encoding.getIds()),
      decode: (ids, skipSpecialTokens) => native.decode(ids, skipSpecialTokens),
      tokenToId: (token) => native.tokenToId(token) ?? null,
      idToToken: (id) => native.idToToken(id) ?? null,
    };
  };
}
