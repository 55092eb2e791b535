import type { TokenizedUnpaired } from '@open-chatgpt/datasets';

/** Answers with what two models say of them. */
export interface ScoredAnswers {
  rows: readonly TokenizedUnpaired[];
  /** [rows]: log π. */
  logProbs: ArrayLike<number>;
  /** [rows]: log π_ref. */
  refLogProbs: ArrayLike<number>;
  /** That of `klBaseline`. */
  baseline: number;
}

/**
 * What some answers add to the means over `all` answers: accuracy, the share whose log-ratio is above the baseline where the answer is
 * good, and below where it is bad (equal counts half); the mean implicit rewards β·(log π − log π_ref) by label, and their difference. A
 * label that no answer has is left out.
 */
export function answerMetrics(
  { rows, logProbs, refLogProbs, baseline }: ScoredAnswers,
  beta: number,
  all: readonly TokenizedUnpaired[] = rows,
): Record<string, number> {
  const good = all.filter(({ label }) => label).length;
  const bad = all.length - good;
  let [right, desirable, undesirable] = [0, 0, 0];
  rows.forEach(({ label }, i) => {
    const ratio = logProbs[i] - refLogProbs[i];
    const gain = label ? ratio - baseline : baseline - ratio;
    right += gain === 0 ? 0.5 : Number(gain > 0);
    if (label) desirable += (beta * ratio) / good;
    else undesirable += (beta * ratio) / bad;
  });
  return {
    accuracy: right / all.length,
    ...(good > 0 && { desirableReward: desirable }),
    ...(bad > 0 && { undesirableReward: undesirable }),
    ...(good > 0 && bad > 0 && { margin: desirable - undesirable }),
    kl: (baseline * rows.length) / all.length,
  };
}
