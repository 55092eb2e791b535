import type { TokenizerJson } from './tokenizer-json';

/** GPT-2's alphabet: a printable character for each byte, in which byte-level vocabularies are written. */
const ALPHABET: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let shifted = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + shifted++),
  );
})();

/**
 * The tokens of a piece of text by a byte-level vocabulary's merges: of its neighbours those are joined that come first among the
 * merges, the leftmost first, until none is left (Sennrich et al. 2016). A call into the library costs ten times as much for a word.
 * Null where the model has something beside merges.
 */
export function byteMerger({
  model,
  pre_tokenizer: step,
}: TokenizerJson): ((piece: string) => number[]) | null {
  const {
    vocab,
    merges,
    type,
    dropout,
    continuing_subword_prefix: prefix,
    end_of_word_suffix: suffix,
  } = model;
  const steps = step?.type === 'Sequence' ? (step['pretokenizers'] as { type: string }[]) : [step];
  if (steps.at(-1)?.type !== 'ByteLevel' || type !== 'BPE' || dropout || prefix || suffix) return null;
  if (Array.isArray(vocab) || !merges || ALPHABET.some((character) => vocab[character] === undefined))
    return null;
  const ids = new Map(Object.entries(vocab));
  const ofByte = ALPHABET.map((character) => vocab[character]);
  /** Where a pair of ids stands among the merges, and what it becomes. */
  const pairs = new Map<number, { rank: number; id: number }>();
  for (const [rank, merge] of merges.entries()) {
    const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
    const id = ids.get(`${left}${right}`);
    const [a, b] = [ids.get(left), ids.get(right)];
    // The library will say what is wrong with such a file.
    if (id === undefined || a === undefined || b === undefined) return null;
    pairs.set(a * PAIR + b, { rank, id });
  }
  return (piece) => {
    const bytes = Buffer.from(piece);
    if (model.ignore_merges) {
      const whole = ids.get(Array.from(bytes, (byte) => ALPHABET[byte]).join(''));
      if (whole !== undefined) return [whole];
    }
    const tokens = Array.from(bytes, (byte) => ofByte[byte]);
    for (;;) {
      let best = { rank: Number.POSITIVE_INFINITY, id: 0 };
      let place = -1;
      for (let at = 0; at + 1 < tokens.length; at++) {
        const pair = pairs.get(tokens[at] * PAIR + tokens[at + 1]);
        if (!pair || pair.rank >= best.rank) continue;
        best = pair;
        place = at;
      }
      if (place === -1) return tokens;
      tokens.splice(place, 2, best.id);
    }
  };
}

/** More than any vocabulary has ids; a pair's number is exact. */
const PAIR = 2 ** 24;
