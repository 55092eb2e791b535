/** JSON has no −∞; OpenAI's servers send −9999. */
export function finiteLogProb(logProb: number): number {
  return Number.isFinite(logProb) ? logProb : -9999;
}

/** UTF-8 of a token's text; null for a token that is a part of a character. */
export function utf8Bytes(text: string): number[] | null {
  return text.includes('\uFFFD') ? null : [...Buffer.from(text)];
}
