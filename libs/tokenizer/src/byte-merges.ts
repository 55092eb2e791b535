import type { TokenizerJson } from './tokenizer-json';

/** The tokens of a pre-token; null when the vocabulary lacks one of its bytes. */
export type PreTokenMerger = (preToken: string) => number[] | null;

/** GPT-2's alphabet for byte-level vocabularies: one printable character for each byte. */
export const ALPHABET: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let shifted = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + shifted++),
  );
})();
/** Above the size of any vocabulary, and small enough that the key of a pair is an exact integer. */
const MOST_IDS = 2 ** 24;

/** The rank and the result of the merge of each pair of tokens. */
type Merges = Map<number, { rank: number; id: number }>;

/**
 * The merges of a byte-level vocabulary: repeatedly merges the adjacent pair of lowest rank, the leftmost first (Sennrich et
 * al. 2016). For a single word, a call of the library takes several times as long. Null when the model uses more than
 * merges.
 */
export function byteMerger({ model, pre_tokenizer: step }: TokenizerJson): PreTokenMerger | null {
  const { vocab, type, dropout, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  const steps = step?.type === 'Sequence' ? (step['pretokenizers'] as { type: string }[]) : [step];
  if (steps.at(-1)?.type !== 'ByteLevel' || type !== 'BPE' || dropout || prefix || suffix) return null;
  if (Array.isArray(vocab)) return null;
  const ids = new Map(Object.entries(vocab));
  const merges = mergesOf(model.merges ?? [], ids);
  if (!merges) return null;
  const idOfByte = ALPHABET.map((character) => ids.get(character) ?? -1);
  return (preToken) => {
    const bytes = Buffer.from(preToken);
    if (model.ignore_merges) {
      const whole = ids.get(Array.from(bytes, (byte) => ALPHABET[byte]).join(''));
      if (whole !== undefined) return [whole];
    }
    const tokens = Array.from(bytes, (byte) => idOfByte[byte]);
    return tokens.includes(-1) ? null : merged(tokens, merges);
  };
}

/** Null when a part of a merge is not a token. The library reports the error of such a file. */
function mergesOf(
  list: NonNullable<TokenizerJson['model']['merges']>,
  ids: Map<string, number>,
): Merges | null {
  const merges: Merges = new Map();
  for (const [rank, merge] of list.entries()) {
    const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
    const [a, b, id] = [ids.get(left), ids.get(right), ids.get(`${left}${right}`)];
    if (a === undefined || b === undefined || id === undefined) return null;
    merges.set(a * MOST_IDS + b, { rank, id });
  }
  return merges;
}

function merged(tokens: number[], merges: Merges): number[] {
  for (;;) {
    let first = { rank: Number.POSITIVE_INFINITY, id: 0 };
    let place = -1;
    for (let at = 0; at + 1 < tokens.length; at++) {
      const merge = merges.get(tokens[at] * MOST_IDS + tokens[at + 1]);
      if (!merge || merge.rank >= first.rank) continue;
      first = merge;
      place = at;
    }
    if (place === -1) return tokens;
    tokens.splice(place, 2, first.id);
  }
}
