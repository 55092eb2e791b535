import { normalizeForComparison, shingleHashes } from '../dedup/shingles';
import { answersOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** Tokens in an n-gram. */
const STRETCH = 8;
/** Shorter answers may repeat themselves, such as a list of ten short lines. */
const FEWEST_STRETCHES = 40;
/** A run of one character, except for rulers and white space. */
const RUN = /([^\s\-_=*#.~|+/\\])\1{99}/;

/**
 * The share of the 8-grams of a text (of words or Chinese characters) that occur earlier in it, 0 to 1. It is near 1 when a generator
 * repeated itself. From the repetition rules of MassiveText (Rae et al. 2021, "Gopher", table A1).
 */
export function repetition(text: string): number {
  const stretches = shingleHashes(normalizeForComparison(text), STRETCH);
  if (stretches.length < FEWEST_STRETCHES) return 0;
  stretches.sort();
  let different = 1;
  for (let at = 1; at < stretches.length; at++) if (stretches[at] !== stretches[at - 1]) different++;
  return 1 - different / stretches.length;
}

export function repetitionRule(maxRepetition: number): CleaningRule {
  return dropWhen('repetition', (example) =>
    answersOf(example).some((answer) => RUN.test(answer) || repetition(answer) > maxRepetition)
      ? 'repetition'
      : null,
  );
}
