import type { Message, Role } from '@open-chatgpt/tokenizer';
import { isRow, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { htmlToText } from './html-to-text';
import { conversation } from './turns';

const ROLES: Record<string, Role> = {
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  assistant: 'assistant',
  system: 'system',
};

/** ShareGPT and Vicuna: `{id, conversations: [{from: human | gpt, value}]}`; values may be HTML, the last turn human. */
export const sharegpt: Adapter = {
  name: 'sharegpt',
  detect: (row) => Array.isArray(row['conversations']),
  supervised(row) {
    const turns = row['conversations'];
    if (!Array.isArray(turns)) throw new RowDropped('wrongType:conversations');
    const messages = turns.map((turn): Message => {
      if (!isRow(turn)) throw new RowDropped('wrongType:conversations');
      const role = ROLES[textOf(turn, 'from')];
      if (!role) throw new RowDropped('unknownRole');
      return { role, content: htmlToText(textOf(turn, 'value')) };
    });
    return [{ messages: conversation(messages) }];
  },
};
