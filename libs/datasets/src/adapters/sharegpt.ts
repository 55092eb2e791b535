import type { Message } from '@open-chatgpt/tokenizer';
import { isRow, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { htmlToText } from './html-to-text';
import { roleOf } from './roles';
import { conversation } from './turns';

/** ShareGPT and Vicuna: `{id, conversations: [{from: human | gpt, value}]}`; values may be HTML, the last turn human. */
export const sharegpt: Adapter = {
  name: 'sharegpt',
  detect: (row) =>
    Array.isArray(row['conversations']) && row['conversations'].some((turn) => isRow(turn) && 'from' in turn),
  supervised(row) {
    const turns = row['conversations'];
    if (!Array.isArray(turns)) throw new RowDropped('wrongType:conversations');
    const messages = turns.map((turn): Message => {
      if (!isRow(turn)) throw new RowDropped('wrongType:conversations');
      const role = roleOf(textOf(turn, 'from'));
      if (!role) throw new RowDropped('unknownRole');
      return { role, content: htmlToText(textOf(turn, 'value')) };
    });
    return [{ messages: conversation(messages) }];
  },
};
