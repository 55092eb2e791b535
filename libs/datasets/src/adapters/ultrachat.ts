import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, RowDropped } from '../reading/row';
import type { Adapter } from './adapter';
import { conversation } from './turns';

/** UltraChat: `{id, data: [user, assistant, user, …]}`. Its evaluation file has one prompt as `data`. */
export const ultrachat: Adapter = {
  name: 'ultrachat',
  detect: (row) => Array.isArray(row['data']) || (typeof row['data'] === 'string' && 'class' in row),
  supervised: (row, repaired) => [{ messages: conversation(turns(row), repaired) }],
  prompts(row) {
    const [first] = turns(row);
    if (!first) throw new RowDropped('emptyPrompt');
    notEmpty(first.content, 'emptyPrompt');
    return [{ messages: [first] }];
  },
};

function turns(row: Row): Message[] {
  const data = typeof row['data'] === 'string' ? [row['data']] : row['data'];
  if (!Array.isArray(data) || data.some((turn) => typeof turn !== 'string'))
    throw new RowDropped('wrongType:data');
  return data.map((text: string, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: text,
  }));
}
