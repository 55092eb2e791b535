import { type Backend, isLong } from './backend';
import { byteMerger, type PreTokenMerger } from './byte-merges';
import { once } from './once';
import { preTokenPattern } from './pre-token-patterns';
import type { AddedToken, TokenizerJson } from './tokenizer-json';

/** Total UTF-16 code units of cached pre-tokens: about 30 MB with their tokens. */
const MOST_CHARACTERS = 2 ** 20;
/** Longer pre-tokens rarely repeat and are not cached. */
const LONGEST_CACHED = 128;
/** The time of merging grows with the square of the length. */
const LONGEST_MERGED = 256;
/**
 * Characters above U+FFFF and lone surrogates. Whether the former are letters depends on the library's version of Unicode.
 * The emoji blocks are safe: they never contain letters or numbers.
 */
const UNCERTAIN = '[\\u{10000}-\\u{1f2ff}\\u{1fb00}-\\u{10ffff}\\p{Surrogate}]';

/**
 * The same backend with a cache, several times as fast. A tokenizer with pre-tokenization always encodes a word to the same
 * tokens, and few words make up most of any text. Each word is encoded once, by the merges of its vocabulary if possible,
 * else by the library. The library encodes whole texts if they are long, if they contain characters that it may classify
 * differently, or if the pre-tokenizer is unknown.
 */
export function cachePreTokens(backend: Backend, json: TokenizerJson): Backend {
  const pattern = preTokenPattern(json);
  const nfc = json.normalizer?.type === 'NFC';
  const { dropout, type } = json.model;
  if (!pattern || type !== 'BPE' || dropout || (json.normalizer && !nfc)) return backend;
  const added = json.added_tokens ?? [];
  const plain = added.filter((token) => isPlain(token, nfc));
  const ids = new Map(plain.map(({ content, id }) => [content, id]));
  // Linear time: a choice of fixed texts.
  const boundaries = plain.length > 0 ? new RegExp(`(${alternatives(plain)})`) : null;
  const others = added.filter((token) => !plain.includes(token));
  const unsupported = new RegExp(others.length > 0 ? `${UNCERTAIN}|${alternatives(others)}` : UNCERTAIN, 'u');
  const encodePreTokens = createPreTokenEncoder(
    backend,
    once(() => byteMerger(json)),
  );

  const encode = async (text: string): Promise<number[]> => {
    if (isLong(text)) return backend.encode(text, false);
    if (unsupported.test(text) || (nfc && text !== text.normalize('NFC'))) return backend.encode(text, false);
    if (!boundaries?.test(text)) return encodePreTokens(text.match(pattern) ?? []);
    const found: number[] = [];
    for (const part of text.split(boundaries)) {
      const id = ids.get(part);
      if (id !== undefined) found.push(id);
      else if (part !== '')
        for (const one of await encodePreTokens(part.match(pattern) ?? [])) found.push(one);
    }
    return found;
  };

  return {
    ...backend,
    encode: (text, addSpecialTokens) => (addSpecialTokens ? backend.encode(text, true) : encode(text)),
    encodeBatch: (texts, addSpecialTokens) =>
      addSpecialTokens ? backend.encodeBatch(texts, true) : Promise.all(texts.map(encode)),
  };
}

/** Encodes pre-tokens in order. Encodes each unknown pre-token once, by merges or by the library. */
function createPreTokenEncoder(
  backend: Backend,
  merger: () => PreTokenMerger | null,
): (preTokens: readonly string[]) => number[] | Promise<number[]> {
  const known = new Map<string, number | number[]>();
  /** Pre-tokens that the library is encoding. */
  const pending = new Map<string, Promise<number[]>>();
  let characters = 0;

  const store = (preToken: string, ids: number[]): void => {
    if (preToken.length > LONGEST_CACHED) return;
    characters += preToken.length;
    if (characters > MOST_CHARACTERS) {
      known.clear();
      characters = preToken.length;
    }
    known.set(preToken, ids.length === 1 ? ids[0] : ids);
  };

  const encodeByLibrary = (preToken: string): Promise<number[]> => {
    const own = copyOf(preToken);
    const answer = backend
      .encode(own, false)
      .then((ids) => {
        store(own, ids);
        return ids;
      })
      .finally(() => pending.delete(own));
    pending.set(own, answer);
    return answer;
  };

  const encodeAsync = async (preTokens: readonly string[]): Promise<number[]> => {
    const encoded = preTokens.map(
      (preToken) => known.get(preToken) ?? pending.get(preToken) ?? encodeByLibrary(preToken),
    );
    const ids: number[] = [];
    for (const one of encoded) {
      const found = one instanceof Promise ? await one : one;
      if (typeof found === 'number') ids.push(found);
      else for (const id of found) ids.push(id);
    }
    return ids;
  };

  return (preTokens) => {
    const ids: number[] = [];
    const merge = merger();
    for (let at = 0; at < preTokens.length; at++) {
      const found = known.get(preTokens[at]);
      if (typeof found === 'number') ids.push(found);
      else if (found !== undefined) for (const id of found) ids.push(id);
      else {
        const merged = preTokens[at].length > LONGEST_MERGED ? null : merge?.(preTokens[at]);
        if (!merged) return encodeAsync(preTokens);
        store(copyOf(preTokens[at]), merged);
        for (const id of merged) ids.push(id);
      }
    }
    return ids;
  };
}

/** Copies a substring, which would otherwise keep the whole text in memory. */
function copyOf(preToken: string): string {
  return Buffer.from(preToken, 'utf16le').toString('utf16le');
}

/** Whether a token matches by its text alone, independent of the surrounding text. */
function isPlain({ content, single_word, lstrip, rstrip, normalized }: AddedToken, nfc: boolean): boolean {
  return content !== '' && !single_word && !lstrip && !rstrip && !(normalized && nfc);
}

/** A pattern that matches the longest of these tokens, like the library. */
function alternatives(tokens: readonly AddedToken[]): string {
  return tokens
    .map(({ content }) => content)
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|');
}
