import type { Message } from '@open-chatgpt/tokenizer';
import { isRow, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withoutCitations } from './citations';
import { bestAnswer, pairsByScore, type ScoredAnswer } from './pairs';
import type { Repaired } from './repair';

/**
 * WebGPT comparisons, flat (`question, quotes_0, answer_0, score_0, …_1`) or raw: each line is a list of two `{question, quotes, answer,
 * score}`. Equal scores are a tie (weight 0.5). Reference marks are removed.
 */
export const webgpt: Adapter = {
  name: 'webgpt',
  detect: (row) =>
    ('answer_0' in row && 'answer_1' in row && 'score_0' in row) ||
    [row['0'], row['1']].every((side) => isRow(side) && 'answer' in side && 'score' in side),
  fields: ['answer_0', 'answer_1'],
  supervised(row, repaired) {
    const answers = sides(row).map((side) => scored(side, repaired));
    if (answers[0].score === answers[1].score) throw new RowDropped('tie');
    return [{ messages: [question(row), { role: 'assistant', content: bestAnswer(answers).text }] }];
  },
  preference: (row, repaired) => {
    const answers = sides(row).map((side) => scored(side, repaired));
    for (const { text } of answers) notEmpty(text, 'emptyAnswer');
    if (answers[0].text === answers[1].text) throw new RowDropped('identicalAnswers');
    return pairsByScore([question(row)], answers);
  },
  prompts: (row) => [{ messages: [question(row)] }],
};

/** Both answers as `{question, quotes, answer, score}`. */
function sides(row: Row): Row[] {
  return ['0', '1'].map((side) => {
    if (isRow(row[side])) return row[side];
    return { quotes: row[`quotes_${side}`], answer: row[`answer_${side}`], score: row[`score_${side}`] };
  });
}

function question(row: Row): Message {
  const value = isRow(row['0']) ? row['0']['question'] : row['question'];
  const content = isRow(value)
    ? textOf(value, 'full_text')
    : optionalTextOf({ question: value } as Row, 'question');
  return { role: 'user', content: notEmpty(content, 'emptyPrompt') };
}

function scored(side: Row, repaired?: Repaired): ScoredAnswer {
  const score = side['score'];
  if (typeof score !== 'number' || !(Math.abs(score) <= 1)) throw new RowDropped('wrongType:score');
  const extracts = isRow(side['quotes']) ? side['quotes']['extract'] : undefined;
  const answer = textOf(side, 'answer');
  const text = withoutCitations(answer, Array.isArray(extracts) ? extracts.length : 0);
  repaired?.('referenceMarks', answer, text);
  return { text, score };
}
