import { notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import type { Repaired } from './repair';
import { conversation, mergeTurns, promptTranscript } from './turns';

/**
 * full-hh-rlhf and rm-static: `{prompt, response, chosen, rejected}`. The prompt is a transcript that ends with "Assistant:", the answers
 * are plain. Derived from HH-RLHF with its noise: answers that continue with the next turn of the human are left out.
 */
export const dahoas: Adapter = {
  name: 'dahoas',
  detect: (row) =>
    'response' in row &&
    typeof row['prompt'] === 'string' &&
    /^\s*Human:/.test(row['prompt']) &&
    typeof row['chosen'] === 'string' &&
    'rejected' in row,
  fields: ['response', 'chosen', 'rejected'],
  supervised(row, repaired) {
    const chosen = notEmpty(answer(row, 'chosen'), 'emptyAnswer');
    return [{ messages: conversation([...prompt(row, repaired), { role: 'assistant', content: chosen }]) }];
  },
  preference: (row, repaired) => [
    toPair(prompt(row, repaired), answer(row, 'chosen'), answer(row, 'rejected')),
  ],
};

function prompt(row: Row, repaired?: Repaired) {
  const turns = mergeTurns(promptTranscript(textOf(row, 'prompt')), repaired);
  if (turns.at(-1)?.role !== 'user') throw new RowDropped('lastTurnIsNotQuestion');
  return turns;
}

function answer(row: Row, field: string): string {
  const text = textOf(row, field);
  if (/\n\n(Human|Assistant):/.test(text)) throw new RowDropped('turnsInAnswer');
  return text;
}
