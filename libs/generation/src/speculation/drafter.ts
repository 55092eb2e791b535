/** Guesses how a row continues. A wrong guess costs time and changes no answer. */
export interface Drafter {
  /**
   * @param ids the prompt and the answer so far
   * @param most number of tokens to guess at most
   * @returns none where it has no guess
   */
  propose(ids: readonly number[], most: number): Promise<readonly number[]>;
}

/** What drafts were worth. */
export interface SpeculationCounts {
  drafts: number;
  draftTokens: number;
  acceptedTokens: number;
}
