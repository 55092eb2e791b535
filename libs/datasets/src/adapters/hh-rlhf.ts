import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import type { Repaired } from './repair';
import { conversation, mergeTurns, parseTranscript } from './turns';

/**
 * Anthropic HH-RLHF: `{chosen, rejected}`, two transcripts that differ in the last answer. Dropped are pairs with an empty last answer, two
 * equal ones, a last turn of the human, or different histories (they answer different questions).
 */
export const hhRlhf: Adapter = {
  name: 'hh-rlhf',
  detect: (row) =>
    typeof row['chosen'] === 'string' &&
    /^\s*Human:/.test(row['chosen']) &&
    'rejected' in row &&
    !('prompt' in row),
  fields: ['chosen', 'rejected'],
  supervised: (row, repaired) => {
    const { history, answer } = transcriptOf(row, 'chosen', repaired);
    return [{ messages: conversation([...history, { role: 'assistant', content: answer }]) }];
  },
  preference(row, repaired) {
    const chosen = transcriptOf(row, 'chosen', repaired);
    const rejected = transcriptOf(row, 'rejected');
    if (JSON.stringify(chosen.history) !== JSON.stringify(rejected.history))
      throw new RowDropped('historiesDiffer');
    if (chosen.answer === rejected.answer) throw new RowDropped('identicalAnswers');
    return [{ prompt: chosen.history, chosen: chosen.answer, rejected: rejected.answer }];
  },
};

function transcriptOf(row: Row, field: string, repaired?: Repaired): { history: Message[]; answer: string } {
  const turns = parseTranscript(textOf(row, field));
  const last = turns.at(-1);
  if (last?.role !== 'assistant') throw new RowDropped('lastTurnIsNotAnswer');
  notEmpty(last.content, 'emptyAnswer');
  const history = mergeTurns(turns.slice(0, -1), repaired);
  if (!history.some((turn) => turn.role === 'user')) throw new RowDropped('noUserTurn');
  return { history, answer: last.content };
}
