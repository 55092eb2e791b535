import { type GgufMetadata, required } from './gguf-metadata';
import { CONTROL, UNKNOWN, USER_DEFINED } from './token-types';

/** An entry of tokenizer.json's `added_tokens`. */
export interface AddedToken {
  id: number;
  content: string;
  single_word: false;
  lstrip: false;
  rstrip: false;
  normalized: false;
  special: boolean;
}

export interface Vocabulary {
  tokens: string[];
  /** Token → id. */
  ids: Map<string, number>;
  /** Control and unknown tokens, which are special, and tokens that users added. */
  added: AddedToken[];
}

/** Reads the parts that every kind of tokenizer has. */
export function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const tokens = required(metadata, 'tokenizer.ggml.tokens', metadata.strings('tokenizer.ggml.tokens'));
  const types = metadata.numbers('tokenizer.ggml.token_type') ?? [];
  if (types.length > 0 && types.length !== tokens.length)
    throw new Error(
      `${metadata.where}: metadata "tokenizer.ggml.token_type" has ${types.length} entries for ${tokens.length} tokens`,
    );
  const isAdded = (id: number) => [CONTROL, UNKNOWN, USER_DEFINED].includes(types[id]);
  return {
    tokens,
    ids: new Map(tokens.map((token, id) => [token, id])),
    added: tokens.flatMap((content, id) =>
      isAdded(id) ? [addedToken(id, content, types[id] !== USER_DEFINED)] : [],
    ),
  };
}

export function addedToken(id: number, content: string, special: boolean): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** The token with the id of the key `tokenizer.ggml.<role>_token_id`, or null. */
export function specialToken(metadata: GgufMetadata, { tokens }: Vocabulary, role: string): string | null {
  const key = `tokenizer.ggml.${role}_token_id`;
  const id = metadata.number(key);
  if (id === undefined) return null;
  if (!(id in tokens))
    throw new Error(`${metadata.where}: metadata "${key}" is ${id}, but there are ${tokens.length} tokens`);
  return tokens[id];
}
