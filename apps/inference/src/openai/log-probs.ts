/** JSON knows no −∞; OpenAI's servers say −9999. */
export function finite(logProb: number): number {
  return Number.isFinite(logProb) ? logProb : -9999;
}

/** UTF-8 of a token's text; null for a part of a character, which has none of its own. */
export function bytesOf(text: string): number[] | null {
  return text.includes('\uFFFD') ? null : [...Buffer.from(text)];
}
