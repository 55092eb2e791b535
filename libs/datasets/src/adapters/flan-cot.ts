import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withLineEnds } from './literal-newlines';

/**
 * FLAN chain of thought: TSV without a header, with the columns question, answer, rationale. The example has the rationale before the
 * answer.
 */
export const flanCot: Adapter = {
  name: 'flan-cot',
  detect: (row) =>
    Object.keys(row).join() === '0,1,2' &&
    Object.values(row).every((cell) => typeof cell === 'string') &&
    String(row['1']).length <= String(row['2']).length,
  supervised(row) {
    const answer = column(row, 1, 'emptyOutput');
    const rationale = column(row, 2, 'emptyRationale');
    const content = `${rationale}\nSo the answer is ${answer.replace(/\.$/, '')}.`;
    return [{ messages: [question(row), { role: 'assistant', content }] }];
  },
  prompts: (row) => [{ messages: [question(row)], answer: column(row, 1, 'emptyOutput') }],
};

function question(row: Row): Message {
  return { role: 'user', content: column(row, 0, 'emptyPrompt') };
}

function column(row: Row, index: number, reason: string): string {
  return notEmpty(withLineEnds(textOf(row, String(index))), reason);
}
