/** The time to find the splits of a piece grows with the square of its length. */
const LONGEST = 2000;

/**
 * The merges of a SentencePiece BPE, which stores a score for each piece instead: every split of a piece into two other pieces
 * is a merge, ordered by descending score (SentencePieceExtractor of transformers).
 *
 * @param where the file, for messages
 */
export function mergesFromScores(
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  scores: readonly number[],
  where: string,
): [string, string][] {
  const merges = tokens.flatMap((token, id) => {
    if (token.length > LONGEST)
      throw new Error(
        `${where}: the piece ${id} of the tokenizer has ${token.length} characters, at most ${LONGEST} are possible; the file is damaged, ` +
          'download it again.',
      );
    const splits = splitsOf(token, ids).sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId);
    return splits.map(({ left, right }) => ({ left, right, score: scores[id] }));
  });
  merges.sort((a, b) => b.score - a.score); // stable: equal scores stay in the order of the pieces' ids
  return merges.map(({ left, right }) => [left, right]);
}

function splitsOf(token: string, ids: ReadonlyMap<string, number>) {
  const splits: { left: string; right: string; leftId: number; rightId: number }[] = [];
  let at = 0;
  for (const character of token) {
    at += character.length;
    const [left, right] = [token.slice(0, at), token.slice(at)];
    const [leftId, rightId] = [ids.get(left), ids.get(right)];
    if (leftId !== undefined && rightId !== undefined && right !== '')
      splits.push({ left, right, leftId, rightId });
  }
  return splits;
}
