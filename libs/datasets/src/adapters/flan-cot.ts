import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withLineEnds } from './literal-newlines';
import { PROVING_ROWS } from './prove';
import type { Repaired } from './repair';

const SHORT_ANSWER = /^(?:yes|no|true|false|it is not possible to tell|\(?[A-E]\))\.?$/i;
/** The share of the rows that must look like it: a few questions end without a mark. */
const SHARE = 0.9;

/**
 * FLAN chain of thought: TSV without a header, with the columns question, answer, rationale. The example has the rationale before the
 * answer. By name, or where many rows have a question, one of a few short answers, and a longer rationale: three cells without names are no
 * proof.
 */
export const flanCot: Adapter = {
  name: 'flan-cot',
  detect: () => false,
  proves: (rows) => rows.length >= PROVING_ROWS && rows.filter(isReasoned).length >= SHARE * rows.length,
  supervised(row, repaired) {
    const answer = column(row, 1, 'emptyOutput', repaired);
    const rationale = column(row, 2, 'emptyRationale', repaired);
    const content = `${rationale}\nSo the answer is ${answer.replace(/\.$/, '')}.`;
    return [{ messages: [question(row, repaired), { role: 'assistant', content }] }];
  },
  prompts: (row, repaired) => [
    { messages: [question(row, repaired)], answer: column(row, 1, 'emptyOutput', repaired) },
  ],
};

function isReasoned(row: Row): boolean {
  if (Object.keys(row).join() !== '0,1,2') return false;
  const [asked, answer, rationale] = Object.values(row);
  return (
    [asked, answer, rationale].every((cell) => typeof cell === 'string') &&
    String(asked).trimEnd().endsWith('?') &&
    SHORT_ANSWER.test(String(answer).trim()) &&
    String(rationale).length > String(answer).length
  );
}

function question(row: Row, repaired?: Repaired): Message {
  return { role: 'user', content: column(row, 0, 'emptyPrompt', repaired) };
}

function column(row: Row, index: number, reason: string, repaired?: Repaired): string {
  return notEmpty(withLineEnds(textOf(row, String(index)), repaired), reason);
}
