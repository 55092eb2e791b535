import { hasText, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/** Only equations of numbers: other texts in angle brackets belong to the answer. */
const CALCULATOR = /<<[\d\s.,%$()+*/=x-]{1,200}>>/g;
const FINAL = /#### ?(-?[\d,]*(?:\d|\.\d+))\s*$/;

/**
 * Grade School Math: `{question, answer}`, with an answer that ends with "#### 18". Calculator annotations (<<16-3=13>>) are removed.
 * The answer of a prompt is the number alone, without commas.
 */
export const gsm8k: Adapter = {
  name: 'gsm8k',
  detect: (row) => typeof row['question'] === 'string' && hasText(row['answer'], FINAL),
  fields: ['answer'],
  supervised(row, repaired) {
    finalAnswer(row);
    const answer = textOf(row, 'answer');
    const output = answer.replace(CALCULATOR, '');
    repaired?.('calculatorMarks', answer, output);
    return [{ messages: [question(row), { role: 'assistant', content: output }] }];
  },
  prompts: (row) => [{ messages: [question(row)], answer: finalAnswer(row) }],
};

function question(row: Row) {
  return { role: 'user' as const, content: notEmpty(textOf(row, 'question'), 'emptyPrompt') };
}

function finalAnswer(row: Row): string {
  const match = FINAL.exec(textOf(row, 'answer'));
  if (!match) throw new RowDropped('noFinalAnswer');
  return match[1].replaceAll(',', '');
}
