/** A grammar, schema or pattern cannot be used. The message names the place and the remedy. */
export class GrammarError extends Error {
  override readonly name = 'GrammarError';
}
