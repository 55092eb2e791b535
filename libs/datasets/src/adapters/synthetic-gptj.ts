import type { Message } from '@open-chatgpt/tokenizer';
import { notEmpty, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';

/**
 * synthetic-instruct-gptj-pairwise: `{prompt, chosen, rejected}`, plain texts without role markers; the roles are added. Nothing in a row
 * tells it from any other such set, which `preference` reads alike: this adapter is only for naming.
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
