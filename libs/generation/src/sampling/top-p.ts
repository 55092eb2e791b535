/**
 * The shortest prefix of `tokens` whose weights sum to at least the fraction p of the mass (nucleus sampling, Holtzman et
 * al. 2020, https://arxiv.org/abs/1904.09751). @param tokens in descending order of weight
 */
export function topP(
  tokens: readonly number[],
  weights: ArrayLike<number>,
  p: number,
  mass: number,
): number[] {
  let before = 0;
  let count = 0;
  while (count < tokens.length && (count === 0 || before < p * mass)) before += weights[tokens[count++]];
  return tokens.slice(0, count);
}
