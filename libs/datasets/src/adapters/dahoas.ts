import { notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import { conversation, mergeTurns, parseTranscript } from './turns';

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
  supervised(row) {
    const chosen = notEmpty(answer(row, 'chosen'), 'emptyAnswer');
    return [{ messages: conversation([...prompt(row), { role: 'assistant', content: chosen }]) }];
  },
  preference: (row) => [toPair(prompt(row), answer(row, 'chosen'), answer(row, 'rejected'))],
};

function prompt(row: Row) {
  const turns = mergeTurns(parseTranscript(textOf(row, 'prompt')));
  if (turns.at(-1)?.role !== 'user') throw new RowDropped('lastTurnIsNotQuestion');
  return turns;
}

function answer(row: Row, field: string): string {
  const text = textOf(row, field);
  if (/\n\n(Human|Assistant):/.test(text)) throw new RowDropped('turnsInAnswer');
  return text;
}
