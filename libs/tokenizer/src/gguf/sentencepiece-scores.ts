import { prefixesFirstPieceOnly, type TokenizerJson, withoutPrefixSpace } from '../tokenizer-json';

interface Scores {
  /** Of each token: minus the place of its first merge; llama.cpp merges the pair of highest score first. */
  scores: number[];
  /** Whether a blank is put before a text. */
  prefix: boolean;
  /** Whether it is put only before the first piece of a text. */
  firstOnly: boolean;
}

/**
 * Scores with which llama.cpp, which merges any two neighbors whose text is a token, makes the merges of a tokenizer.json.
 *
 * @param refused makes the error for a tokenizer whose merges no scores can express
 */
export function sentencePieceScores(
  json: TokenizerJson,
  tokens: readonly string[],
  refused: (reason: string) => Error,
): Scores {
  const merges = (json.model.merges ?? []).map((merge) =>
    typeof merge === 'string' ? (merge.split(' ') as [string, string]) : merge,
  );
  const missing = Array.from({ length: 256 }, (_, byte) => byteToken(byte)).find(
    (token) => !Object.hasOwn(json.model.vocab, token),
  );
  if (missing !== undefined) throw refused(`it has byte fallback, but no token ${missing}`);
  const first = new Map<string, number>();
  const known = new Set<string>();
  let previous = '';
  for (const [rank, [left, right]] of merges.entries()) {
    const token = left + right;
    known.add(`${left} ${right}`);
    // llama.cpp has one score for all merges that make a token.
    if (token !== previous && first.has(token))
      throw refused(`the merges that make ${JSON.stringify(token)} have different priorities`);
    if (!first.has(token)) first.set(token, rank);
    previous = token;
  }
  const vocabulary = json.model.vocab as Record<string, number>;
  for (const token of first.keys()) {
    const split = splitsOf(token).find(
      ([left, right]) =>
        Object.hasOwn(vocabulary, left) && Object.hasOwn(vocabulary, right) && !known.has(`${left} ${right}`),
    );
    if (split)
      throw refused(
        `${JSON.stringify(split[0])} and ${JSON.stringify(split[1])} are tokens and so is their text, but no merge joins them, as ` +
          'llama.cpp would',
      );
  }
  const lowest = -merges.length;
  return {
    scores: tokens.map((token) => -(first.get(token) ?? -lowest)),
    prefix: withoutPrefixSpace(json) !== json,
    firstOnly: prefixesFirstPieceOnly(json),
  };
}

const byteToken = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

function splitsOf(token: string): [string, string][] {
  const characters = [...token];
  return characters
    .slice(1)
    .map((_, i) => [characters.slice(0, i + 1).join(''), characters.slice(i + 1).join('')]);
}
