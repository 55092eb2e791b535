import { type Row, RowDropped } from '../reading/row';
import type { Adapter } from './adapter';
import { CONVERSATION_FIELDS, readMessages, turnsIn } from './read-messages';
import { conversation } from './turns';

/** ShareGPT and Vicuna: `{id, conversations: [{from: human | gpt, value}]}`; the last turn may be human. */
export const sharegpt: Adapter = {
  name: 'sharegpt',
  detect: (row) => turnsIn(row['conversations'])?.some((turn) => 'from' in turn) ?? false,
  fields: CONVERSATION_FIELDS,
  supervised: (row, repaired) => [{ messages: conversation(sharegptTurns(row), repaired) }],
};

export function sharegptTurns(row: Row) {
  if (row['conversations'] === undefined) throw new RowDropped('missing:conversations');
  return readMessages(row['conversations'], 'conversations');
}
