import type { Drafter } from './drafter';

/** Shorter matches are chance. */
const LEAST_MATCH = 2;
const LONGEST_MATCH = 5;

/**
 * Takes what followed the last tokens when they occurred before: answers repeat names, code and quotations of their prompt.
 * The longest match wins, and of several the last one.
 * Source: Saxena 2023, prompt lookup decoding; `ngram` of vLLM.
 */
export const promptLookup: Drafter = {
  async propose(ids, most) {
    let best = { match: LEAST_MATCH - 1, end: -1 };
    for (let end = ids.length - 1; end > 0 && best.match < LONGEST_MATCH; end--) {
      const match = commonEnd(ids, end);
      if (match > best.match) best = { match, end };
    }
    return best.end < 0 ? [] : ids.slice(best.end, best.end + most);
  },
};

/** How many tokens before `end` equal the last ones. */
function commonEnd(ids: readonly number[], end: number): number {
  let match = 0;
  while (match < Math.min(LONGEST_MATCH, end) && ids[end - 1 - match] === ids[ids.length - 1 - match])
    match++;
  return match;
}
