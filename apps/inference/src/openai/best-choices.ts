import type { Choice } from './response-format';

/** The mean log-probability of the tokens of an answer. */
function meanLogProb({ logProbs }: Choice): number {
  return logProbs.reduce((sum, logProb) => sum + logProb, 0) / Math.max(logProbs.length, 1);
}

/** Of each `bestOf` choices of a prompt, the `n` whose tokens are the most probable on average (OpenAI's `best_of`). */
export function bestChoices(choices: readonly Choice[], bestOf: number, n: number): Choice[] {
  if (bestOf === n) return [...choices];
  const prompts = Array.from({ length: choices.length / bestOf }, (_, i) =>
    choices.slice(i * bestOf, (i + 1) * bestOf),
  );
  return prompts.flatMap((some) => some.toSorted((a, b) => meanLogProb(b) - meanLogProb(a)).slice(0, n));
}
