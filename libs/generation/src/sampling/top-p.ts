/**
 * The likeliest of `tokens` that together reach the fraction p of their weight (nucleus sampling, Holtzman et al. 2020,
 * https://arxiv.org/abs/1904.09751), the one that crosses it included. @param tokens by falling weight
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
