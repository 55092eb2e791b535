import type { Message } from '@open-chatgpt/tokenizer';
import type { PreferenceExample, UnpairedExample } from '../examples';
import { isBlankText, notEmpty, RowDropped } from '../reading/row';

/** An answer with its score. */
export interface ScoredAnswer {
  text: string;
  score: number;
}

/** A pair of answers. Drops the row when one is empty, or both differ in nothing but blanks around them. */
export function toPair(
  prompt: Message[],
  chosen: string,
  rejected: string,
  scoring: Pick<PreferenceExample, 'margin' | 'weight'> = {},
): PreferenceExample {
  notEmpty(chosen, 'emptyAnswer');
  notEmpty(rejected, 'emptyAnswer');
  if (chosen.trim() === rejected.trim()) throw new RowDropped('identicalAnswers');
  return { prompt, chosen, rejected, ...scoring };
}

/**
 * The answers of pairs with their labels, each once: that of the better answer is good. Drops the row when all pairs are ties, which say of
 * neither answer whether it is good.
 */
export function unpairedAnswers(pairs: readonly PreferenceExample[]): UnpairedExample[] {
  const decided = pairs.filter(({ weight }) => weight !== 0.5);
  if (decided.length === 0) throw new RowDropped('tie');
  const seen = new Set<string>();
  return decided
    .flatMap(({ prompt, chosen, rejected, weight = 1 }) =>
      [chosen, rejected].map((content, i) => ({
        messages: [...prompt, { role: 'assistant' as const, content }],
        label: (i === 0) === weight > 0.5,
      })),
    )
    .filter((example) => {
      const key = JSON.stringify(example);
      return !seen.has(key) && seen.add(key);
    });
}

/**
 * The best answer over each other one. Equal scores are a tie with weight 0.5. Empty answers and copies of the best one are skipped.
 */
export function pairsByScore(prompt: Message[], answers: readonly ScoredAnswer[]): PreferenceExample[] {
  const best = bestAnswer(answers);
  const others = answers.filter(
    (other) => other !== best && !isBlankText(other.text) && other.text.trim() !== best.text.trim(),
  );
  if (others.length === 0) throw new RowDropped('oneAnswer');
  return others.map((other) => {
    const margin = best.score - other.score;
    return toPair(prompt, best.text, other.text, margin === 0 ? { margin, weight: 0.5 } : { margin });
  });
}

/** The first answer with the highest score. Drops the row when all are empty. */
export function bestAnswer(answers: readonly ScoredAnswer[]): ScoredAnswer {
  const [first, ...rest] = answers.filter((answer) => !isBlankText(answer.text));
  if (!first) throw new RowDropped('emptyAnswer');
  return rest.reduce((best, answer) => (answer.score > best.score ? answer : best), first);
}
