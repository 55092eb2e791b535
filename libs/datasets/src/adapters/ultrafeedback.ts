import type { Message } from '@open-chatgpt/tokenizer';
import { isRow, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { bestAnswer, pairsByScore, type ScoredAnswer } from './pairs';
import { preference } from './preference';

/**
 * UltraFeedback, raw (`{instruction, completions: [{model, response, annotations, overall_score}]}`) or binarized (`{prompt, chosen[],
 * rejected[], score_chosen, score_rejected}`). Some values of `overall_score` are wrong (10 for answers that the critique calls bad), so
 * the score is the mean of the ratings, and `overall_score` only in rows without ratings.
 */
export const ultrafeedback: Adapter = {
  name: 'ultrafeedback',
  fields: ['chosen', 'rejected'],
  detect: (row) =>
    (typeof row['instruction'] === 'string' && Array.isArray(row['completions'])) ||
    (Array.isArray(row['chosen']) && 'rejected' in row && 'score_chosen' in row),
  supervised(row, repaired) {
    if (!('completions' in row)) return preference.supervised?.(row, repaired) ?? [];
    return [{ messages: [question(row), { role: 'assistant', content: bestAnswer(answers(row)).text }] }];
  },
  preference(row, repaired) {
    if (!('completions' in row)) return preference.preference?.(row, repaired) ?? [];
    return pairsByScore([question(row)], answers(row));
  },
};

function question(row: Row): Message {
  return { role: 'user', content: notEmpty(textOf(row, 'instruction'), 'emptyPrompt') };
}

function answers(row: Row): ScoredAnswer[] {
  const completions = row['completions'];
  if (!Array.isArray(completions) || !completions.every(isRow)) throw new RowDropped('wrongType:completions');
  if (completions.length === 0) throw new RowDropped('noAnswer');
  const means = completions.map(meanRating);
  const rated = means.every((mean) => mean !== undefined);
  return completions.map((completion: Row, index) => {
    const score = rated ? means[index] : completion['overall_score'];
    if (typeof score !== 'number' || !Number.isFinite(score)) throw new RowDropped('wrongType:overall_score');
    return { text: textOf(completion, 'response'), score };
  });
}

/** The mean over the aspects of `annotations`, whose ratings are texts ("4", "N/A"). */
function meanRating(completion: Row): number | undefined {
  const annotations = isRow(completion['annotations']) ? Object.values(completion['annotations']) : [];
  const ratings = annotations
    .map((annotation) => (isRow(annotation) ? Number.parseFloat(String(annotation['Rating'])) : Number.NaN))
    .filter((rating) => Number.isFinite(rating));
  if (ratings.length === 0) return undefined;
  return ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
}
