import { hasText, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

const CALCULATOR = /<<[^<>]*>>/g;
const FINAL = /####\s*(-?[\d,]*\.?\d+)\s*$/;

/**
 * Grade School Math: `{question, answer}`, with an answer that ends with "#### 18". Calculator annotations (<<16-3=13>>) are removed.
 * The answer of a prompt is the number alone, without commas.
 */
export const gsm8k: Adapter = {
  name: 'gsm8k',
  detect: (row) => typeof row['question'] === 'string' && hasText(row['answer'], /####/),
  supervised(row) {
    finalAnswer(row);
    const output = textOf(row, 'answer').replace(CALCULATOR, '');
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
