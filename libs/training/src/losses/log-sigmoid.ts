/** log σ(x) = min(x, 0) − log(1 + e^−|x|): finite for every finite x, where log(σ(−110)) is −inf in fp32. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
}
