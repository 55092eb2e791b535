/** Restricts the tokens of one answer, for example to those that continue a text of a grammar. */
export interface TokenConstraint {
  /**
   * The tokens that may come next: bit t % 32 of word ⌊t / 32⌋ stands for token t. Stop tokens are among them where the answer may end.
   * The caller must not change it. @throws Error that fails this answer only
   */
  allowed(): Uint32Array;
  /** Advances by the sampled token. @returns whether the answer is complete: no token may follow */
  accept(token: number): boolean;
}

/** Excludes all other tokens, in place. @param logits [V] */
export function restrict(logits: Float64Array, allowed: Uint32Array): void {
  for (let token = 0; token < logits.length; token++) {
    if (((allowed[token >>> 5] >>> (token & 31)) & 1) === 0) logits[token] = Number.NEGATIVE_INFINITY;
  }
}
