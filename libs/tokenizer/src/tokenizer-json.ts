import { jsonProblem } from './json-problem';

/** The parts of tokenizer.json that this library reads. */
export interface TokenizerJson {
  added_tokens?: AddedToken[];
  normalizer?: JsonStep | null;
  pre_tokenizer?: JsonStep | null;
  decoder?: JsonStep | null;
  truncation?: unknown;
  padding?: unknown;
  model: {
    type?: string;
    vocab: Record<string, number> | [string, number][];
    unk_token?: string | null;
    unk_id?: number | null;
    dropout?: number | null;
    merges?: (string | [string, string])[];
    continuing_subword_prefix?: string | null;
    end_of_word_suffix?: string | null;
    ignore_merges?: boolean;
    byte_fallback?: boolean;
    fuse_unk?: boolean;
  };
}

export interface AddedToken {
  id: number;
  content: string;
  special: boolean;
  normalized: boolean;
  single_word?: boolean;
  lstrip?: boolean;
  rstrip?: boolean;
}

export interface JsonStep {
  type: string;
  [field: string]: unknown;
}

/** Parses tokenizer.json and checks its outline. The library checks the details. */
export function parseTokenizerJson(text: string): TokenizerJson {
  let json: TokenizerJson;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `tokenizer.json: not JSON (${jsonProblem(error, text)}). Download it again: a Git LFS pointer or an error page ` +
        'in its place is the usual cause.',
    );
  }
  if (json === null || typeof json !== 'object' || typeof json.model?.vocab !== 'object') {
    throw new Error(
      'tokenizer.json: no "model.vocab"; expected the file that the Hugging Face "tokenizers" library writes. ' +
        'A bare vocab.json or a SentencePiece tokenizer.model must be converted to it first.',
    );
  }
  if (json.added_tokens !== undefined && !Array.isArray(json.added_tokens)) {
    throw new Error('tokenizer.json: "added_tokens" is not a list.');
  }
  checkIds(json);
  return json;
}

/** Ids of tokens are uint32 in the library; an id that is no number would become another one there. */
const HIGHEST_ID = 2 ** 32 - 1;

function checkIds({ added_tokens = [], model: { vocab } }: TokenizerJson): void {
  const check = (token: string, id: unknown) => {
    if (Number.isInteger(id) && (id as number) >= 0 && (id as number) <= HIGHEST_ID) return;
    throw new Error(
      `tokenizer.json: the token ${JSON.stringify(token)} has the id ${JSON.stringify(id)}; expected a whole number ≥ 0.`,
    );
  };
  if (!Array.isArray(vocab)) for (const token in vocab) check(token, vocab[token]);
  for (const token of added_tokens) check(token?.content, token?.id);
}

/**
 * The same tokenizer in which the tokens with a role are special. Old files have them in the vocabulary alone; transformers
 * adds them as special tokens when it opens the files. Returns `json` itself when it has all of them.
 */
export function withNamedTokens(json: TokenizerJson, named: readonly string[]): TokenizerJson {
  const added = json.added_tokens ?? [];
  const known = new Set(added.map((token) => token.content));
  const { vocab } = json.model;
  const idOf = (token: string): number | undefined => {
    if (!Array.isArray(vocab)) return Object.hasOwn(vocab, token) ? vocab[token] : undefined;
    const index = vocab.findIndex(([piece]) => piece === token);
    return index < 0 ? undefined : index;
  };
  const missing = [...new Set(named)].filter((token) => !known.has(token));
  const special = missing.flatMap((content): AddedToken[] => {
    const id = idOf(content);
    if (id === undefined) return [];
    return [
      { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ];
  });
  return special.length === 0 ? json : { ...json, added_tokens: [...added, ...special] };
}

/**
 * The same tokenizer for whole texts. The file keeps how it last cut or filled up texts; transformers applies that only where a call
 * asks for it (`set_truncation_and_padding`). Returns `json` itself when it does neither.
 */
export function withWholeTexts(json: TokenizerJson): TokenizerJson {
  return json.truncation || json.padding ? { ...json, truncation: null, padding: null } : json;
}

/** Highest id + 1 over the model's vocabulary and the added tokens. */
export function vocabularySize(json: TokenizerJson): number {
  const { vocab } = json.model;
  let highest = -1;
  if (Array.isArray(vocab)) highest = vocab.length - 1;
  else for (const token in vocab) if (vocab[token] > highest) highest = vocab[token];
  for (const { id } of json.added_tokens ?? []) if (id > highest) highest = id;
  return highest + 1;
}

/**
 * The same tokenizer without special tokens in text: they are no longer added tokens. Entries of the vocabulary with their
 * text are renamed to an unguessable text, because some models (Unigram, WordLevel) would match them there. Ids do not
 * change.
 */
export function withoutSpecialTokens(json: TokenizerJson, unguessable: string): TokenizerJson {
  const special = new Set((json.added_tokens ?? []).filter((token) => token.special).map((t) => t.content));
  // The unknown token keeps its name: the model refers to it, and it has no control function.
  if (json.model.unk_token) special.delete(json.model.unk_token);
  const rename = (token: string) => (special.has(token) ? `${unguessable}${token}` : token);
  const { vocab } = json.model;
  const renamed = Array.isArray(vocab)
    ? vocab.map(([token, score]): [string, number] => [rename(token), score])
    : Object.fromEntries(Object.entries(vocab).map(([token, id]) => [rename(token), id]));
  return {
    ...json,
    added_tokens: (json.added_tokens ?? []).filter((token) => !token.special),
    model: { ...json.model, vocab: renamed },
  };
}

/** The same tokenizer without the leading space. Returns `json` itself when it adds none. */
export function withoutPrefixSpace(json: TokenizerJson): TokenizerJson {
  const normalizer = withoutPrefix(json.normalizer ?? null);
  const preTokenizer = withoutPrefix(json.pre_tokenizer ?? null);
  if (normalizer === (json.normalizer ?? null) && preTokenizer === (json.pre_tokenizer ?? null)) return json;
  return { ...json, normalizer, pre_tokenizer: preTokenizer };
}

/** Whether only the first segment of a text has the leading space, and not each segment after a special token. */
export function prefixesFirstPieceOnly(json: TokenizerJson): boolean {
  return JSON.stringify([json.normalizer, json.pre_tokenizer]).includes('"prepend_scheme":"first"');
}

/** Whether the tokens of every text decode to that text: bytes are tokens, and nothing changes the text before. */
export function keepsEveryText({
  normalizer,
  pre_tokenizer: step,
  added_tokens: added = [],
}: TokenizerJson): boolean {
  const changesBlanks = added.some(({ lstrip, rstrip }) => lstrip || rstrip);
  return !normalizer && !changesBlanks && JSON.stringify(step ?? null).includes('"type":"ByteLevel"');
}

function withoutPrefix(step: JsonStep | null): JsonStep | null {
  switch (step?.type) {
    case 'Prepend':
      return null;
    case 'Metaspace':
      return step['prepend_scheme'] === 'never' || step['add_prefix_space'] === false
        ? step
        : { ...step, prepend_scheme: 'never', add_prefix_space: false };
    case 'ByteLevel':
      return step['add_prefix_space'] === true ? { ...step, add_prefix_space: false } : step;
    case 'Sequence': {
      const list = step['normalizers'] ? 'normalizers' : 'pretokenizers';
      const steps = step[list] as JsonStep[];
      const changed = steps.map(withoutPrefix);
      return changed.every((inner, i) => inner === steps[i])
        ? step
        : { ...step, [list]: changed.filter((inner) => inner !== null) };
    }
    default:
      return step;
  }
}
