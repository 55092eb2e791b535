import type { AddedToken } from './tokenizer-json';

export interface SpecialTokens {
  bosToken: string | null;
  eosToken: string | null;
  padTokenId: number | null;
}

/** The tokens that tokenizer_config.json gives a role, by their text. */
export function namedTokens(config: Record<string, unknown>): string[] {
  const lists = ['additional_special_tokens', 'extra_special_tokens'].flatMap((field) =>
    Array.isArray(config[field]) ? config[field] : [],
  );
  return [config['bos_token'], config['eos_token'], config['unk_token'], config['pad_token'], ...lists]
    .map((token) => (typeof token === 'object' && token !== null ? token.content : token))
    .filter((token): token is string => typeof token === 'string');
}

/**
 * Reads BOS, EOS and PAD from tokenizer_config.json.
 * @param rows of the model's embeddings, in which the padding token lies
 * @throws Error when the vocabulary lacks one of them
 */
export function readSpecialTokens(
  config: Record<string, unknown>,
  added: readonly AddedToken[],
  tokenToId: (token: string) => number | null,
  rows: number,
): SpecialTokens {
  const named = (field: string): string | null => {
    const value = config[field];
    if (value === null || value === undefined) return null;
    const content = typeof value === 'object' ? (value as { content?: unknown }).content : value;
    if (typeof content !== 'string') {
      throw new Error(
        `tokenizer_config.json: "${field}" is ${JSON.stringify(value)}; expected a string or {"content": string}.`,
      );
    }
    if (tokenToId(content) === null) {
      throw new Error(
        `tokenizer_config.json: "${field}" is ${JSON.stringify(content)}, which tokenizer.json does not have. ` +
          'The two files belong to different models, or one was edited.',
      );
    }
    return content;
  };
  const bosToken = named('bos_token');
  const eosToken = named('eos_token');
  return {
    bosToken,
    eosToken,
    padTokenId: choosePad(named('pad_token'), bosToken, eosToken, added, (token) => {
      const id = tokenToId(token);
      return id !== null && id < rows ? id : null;
    }),
  };
}

const PAD_LIKE = /pad/i;
const UNUSED_LIKE = /reserved|unused|extra|fim_|^<\|endoftext\|>$/i;

/**
 * Padding must not be EOS: a loop that masks padding by id would mask the end of every answer, and the model would never
 * learn to stop. Many files set pad = eos or no padding token. Then another token that no text contains is used: one named
 * like padding, an unused or reserved one, or the unknown token. Null when EOS is the only special token (GPT-2).
 */
function choosePad(
  configured: string | null,
  bosToken: string | null,
  eosToken: string | null,
  added: readonly AddedToken[],
  tokenToId: (token: string) => number | null,
): number | null {
  const padding = configured === null || configured === eosToken ? null : tokenToId(configured);
  if (padding !== null) return padding;
  const free = added
    .filter((token) => token.special && token.content !== eosToken && token.content !== bosToken)
    .map((token) => token.content)
    .filter((token) => tokenToId(token) !== null);
  const chosen =
    free.find((token) => PAD_LIKE.test(token)) ??
    free.find((token) => UNUSED_LIKE.test(token)) ??
    free.find((token) => /unk/i.test(token)) ??
    null;
  return chosen === null ? null : tokenToId(chosen);
}
