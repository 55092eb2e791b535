import { normalizeForComparison, shingleHashes } from '../dedup/shingles';
import { answersOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** Tokens in the stretches that are compared. */
const STRETCH = 8;
/** Shorter answers may repeat themselves: a list of ten short lines is no loop. */
const FEWEST_STRETCHES = 40;
/** One character over and over, but for rulers and blanks. */
const RUN = /([^\s\-_=*#.~|+/\\])\1{99}/;

/**
 * The share of a text's stretches of 8 words (or Chinese characters) that stood in it before, 0 to 1; near 1 when a
 * generator was caught in a loop. After the repetition rules of MassiveText (Rae et al. 2021, "Gopher", table A1).
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
