import type { Message } from '@open-chatgpt/tokenizer';
import { isRow, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { conversation } from './turns';

const ROLES = new Set(['system', 'user', 'assistant']);

/** The format of chat APIs and of many datasets on the Hugging Face hub: `{messages: [{role, content}]}`. */
export const messages: Adapter = {
  name: 'messages',
  detect: (row) => Array.isArray(row['messages']) && !('chosen' in row),
  supervised: (row) => [{ messages: conversation(readMessages(row['messages'], 'messages')) }],
};

/** A list of `{role, content}`. Drops the row when the value is something else. */
export function readMessages(value: unknown, field: string): Message[] {
  if (!Array.isArray(value) || !value.every(isRow)) throw new RowDropped(`wrongType:${field}`);
  return value.map((turn) => {
    const role = textOf(turn, 'role');
    if (!ROLES.has(role)) throw new RowDropped('unknownRole');
    return { role: role as Message['role'], content: textOf(turn, 'content') };
  });
}
