/** The k tokens with the largest weights, in descending order. Of equal weights the smaller token comes first. */
export function topK(weights: ArrayLike<number>, k: number): number[] {
  const best: number[] = [];
  for (let token = 0; token < weights.length; token++) {
    const weight = weights[token];
    if (best.length === k && !(weight > weights[best[k - 1]])) continue;
    let place = best.length;
    while (place > 0 && weight > weights[best[place - 1]]) place--;
    best.splice(place, 0, token);
    if (best.length > k) best.pop();
  }
  return best;
}
