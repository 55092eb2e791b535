import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';

/**
 * synthetic-instruct-gptj-pairwise: `{prompt, chosen, rejected}`, plain texts without role markers. A row cannot be distinguished from
 * those that `preference` reads in the same way, so this adapter is used only by name.
 */
export const syntheticGptj: Adapter = {
  name: 'synthetic-gptj',
  detect: () => false,
  supervised(row) {
    const content = notEmpty(textOf(row, 'chosen'), 'emptyAnswer');
    return [{ messages: [question(row), { role: 'assistant', content }] }];
  },
  preference: (row) => [toPair([question(row)], textOf(row, 'chosen'), textOf(row, 'rejected'))],
};

function question(row: Row): Message {
  return { role: 'user', content: notEmpty(textOf(row, 'prompt'), 'emptyPrompt') };
}
