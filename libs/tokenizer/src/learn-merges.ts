/** A pre-token: a word with the preceding blank, one digit, or one other character. No merge crosses its boundary. */
export const PRE_TOKEN = ' ?\\p{L}+|\\p{N}|[^\\p{L}\\p{N}]';

/** Smallest frequency of a pair that becomes a merge. */
const MIN_FREQUENCY = 2;

interface Word {
  symbols: string[];
  count: number;
}

/** The frequency of a pair of adjacent symbols, and the words that contain it. */
interface Pair {
  left: string;
  right: string;
  count: number;
  words: Set<Word>;
}

/**
 * Byte-pair encoding (Sennrich et al. 2016) over characters: merges the most frequent pair of adjacent symbols within
 * pre-tokens, at most `limit` times. Of equally frequent pairs it merges the first in code-unit order, so the result is
 * deterministic.
 */
export function learnMerges(texts: Iterable<string>, limit: number): [string, string][] {
  const pairs = new Map<string, Pair>();
  const addPairs = (word: Word, sign: 1 | -1): void => {
    for (let i = 0; i + 1 < word.symbols.length; i++) {
      const [left, right] = [word.symbols[i], word.symbols[i + 1]];
      const key = `${left}\0${right}`;
      const pair = pairs.get(key) ?? { left, right, count: 0, words: new Set() };
      pair.count += sign * word.count;
      pair.words.add(word);
      if (pair.count > 0) pairs.set(key, pair);
      else pairs.delete(key);
    }
  };
  for (const word of countWords(texts)) addPairs(word, 1);

  const merges: [string, string][] = [];
  while (merges.length < limit) {
    const best = mostFrequent(pairs);
    if (!best) break;
    merges.push([best.left, best.right]);
    for (const word of best.words) {
      addPairs(word, -1);
      word.symbols = joinPair(word.symbols, best);
      addPairs(word, 1);
    }
  }
  return merges;
}

function countWords(texts: Iterable<string>): Word[] {
  // Linear time: each alternative begins differently, and a word ends where its letters do.
  const pattern = new RegExp(PRE_TOKEN, 'gu');
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.matchAll(pattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ({ symbols: [...word], count }));
}

function mostFrequent(pairs: ReadonlyMap<string, Pair>): Pair | null {
  let best: [string, Pair] | null = null;
  for (const [key, pair] of pairs) {
    if (pair.count < MIN_FREQUENCY) continue;
    if (!best || pair.count > best[1].count || (pair.count === best[1].count && key < best[0]))
      best = [key, pair];
  }
  return best?.[1] ?? null;
}

function joinPair(symbols: readonly string[], { left, right }: Pair): string[] {
  const joined: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      joined.push(left + right);
      i++;
    } else joined.push(symbols[i]);
  }
  return joined;
}
