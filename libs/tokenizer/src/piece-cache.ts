import type { Backend } from './backend';
import { byteMerger, type PieceMerger } from './merge-bytes';
import { once } from './once';
import { piecePattern } from './piece-patterns';
import type { AddedToken, TokenizerJson } from './tokenizer-json';

/** Characters (UTF-16 code units) of the pieces that are remembered, 30 MB in all with their tokens; longer ones come but once. */
const MOST_CHARACTERS = 2 ** 20;
const LONGEST_PIECE = 128;
/** Merging takes the square of a piece's length. */
const LONGEST_MERGED = 256;
/**
 * Characters beyond the 65,536 first, of which it depends on the library's age whether they are letters, and halves of them. Not the
 * blocks of emoji: there is no letter or number in those, whatever is added.
 */
const UNSURE = '[\\u{10000}-\\u{1f2ff}\\u{1fb00}-\\u{10ffff}\\p{Surrogate}]';

/**
 * The same backend, several times as fast: a tokenizer that cuts texts into words before it looks for tokens gives a word
 * the same tokens wherever it stands, and few words make up most of any text. So the tokens of each word are found once, by its
 * vocabulary's merges where those say it all, else by the library.
 * Texts with characters that it may see otherwise, and tokenizers of which the cutting is not known, go to the library whole.
 */
export function cachePieces(backend: Backend, json: TokenizerJson): Backend {
  const pattern = piecePattern(json);
  const nfc = json.normalizer?.type === 'NFC';
  const { dropout, type } = json.model;
  if (!pattern || type !== 'BPE' || dropout || json.truncation || json.padding || (json.normalizer && !nfc))
    return backend;
  const added = json.added_tokens ?? [];
  const plain = added.filter((token) => isPlain(token, nfc));
  const ids = new Map(plain.map(({ content, id }) => [content, id]));
  const borders = plain.length > 0 ? new RegExp(`(${alternatives(plain)})`) : null;
  const others = added.filter((token) => !plain.includes(token));
  const beyond = new RegExp(others.length > 0 ? `${UNSURE}|${alternatives(others)}` : UNSURE, 'u');
  const words = rememberPieces(
    backend,
    once(() => byteMerger(json)),
  );

  const encode = async (text: string): Promise<number[]> => {
    if (beyond.test(text) || (nfc && text !== text.normalize('NFC'))) return backend.encode(text, false);
    if (!borders?.test(text)) return words(text.match(pattern) ?? []);
    const found: number[] = [];
    for (const part of text.split(borders)) {
      const id = ids.get(part);
      if (id !== undefined) found.push(id);
      else if (part !== '') for (const one of await words(part.match(pattern) ?? [])) found.push(one);
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

/** The tokens of pieces one after the other. Those that are not known are merged, or the library is asked for them, each once. */
function rememberPieces(
  backend: Backend,
  merger: () => PieceMerger | null,
): (pieces: readonly string[]) => number[] | Promise<number[]> {
  const known = new Map<string, number | number[]>();
  /** Pieces that the library is being asked for. */
  const asked = new Map<string, Promise<number[]>>();
  let characters = 0;

  const remember = (piece: string, ids: number[]): void => {
    if (piece.length > LONGEST_PIECE) return;
    characters += piece.length;
    if (characters > MOST_CHARACTERS) {
      known.clear();
      characters = piece.length;
    }
    known.set(piece, ids.length === 1 ? ids[0] : ids);
  };

  const ask = (piece: string): Promise<number[]> => {
    const own = copyOf(piece);
    const answer = backend
      .encode(own, false)
      .then((ids) => {
        remember(own, ids);
        return ids;
      })
      .finally(() => asked.delete(own));
    asked.set(own, answer);
    return answer;
  };

  const slowly = async (pieces: readonly string[]): Promise<number[]> => {
    const encoded = pieces.map((piece) => known.get(piece) ?? asked.get(piece) ?? ask(piece));
    const ids: number[] = [];
    for (const one of encoded) {
      const found = one instanceof Promise ? await one : one;
      if (typeof found === 'number') ids.push(found);
      else for (const id of found) ids.push(id);
    }
    return ids;
  };

  return (pieces) => {
    const ids: number[] = [];
    const merge = merger();
    for (let at = 0; at < pieces.length; at++) {
      const found = known.get(pieces[at]);
      if (typeof found === 'number') ids.push(found);
      else if (found !== undefined) for (const id of found) ids.push(id);
      else {
        const merged = pieces[at].length > LONGEST_MERGED ? null : merge?.(pieces[at]);
        if (!merged) return slowly(pieces);
        remember(copyOf(pieces[at]), merged);
        for (const id of merged) ids.push(id);
      }
    }
    return ids;
  };
}

/** A part of a text would keep all of it in memory. */
function copyOf(piece: string): string {
  return Buffer.from(piece, 'utf16le').toString('utf16le');
}

/** Whether a token is found by its text alone, and takes nothing of what stands around it. */
function isPlain({ content, single_word, lstrip, rstrip, normalized }: AddedToken, nfc: boolean): boolean {
  return content !== '' && !single_word && !lstrip && !rstrip && !(normalized && nfc);
}

/** A pattern that finds the longest of these tokens, as the library does. */
function alternatives(tokens: readonly AddedToken[]): string {
  return tokens
    .map(({ content }) => content)
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|');
}
