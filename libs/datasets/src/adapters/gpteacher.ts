import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/** GPTeacher: `{instruction, input, response}`. */
export const gpteacher: Adapter = {
  name: 'gpteacher',
  detect: (row) => typeof row['instruction'] === 'string' && 'response' in row && !('context' in row),
  supervised(row) {
    const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
    const output = notEmpty(textOf(row, 'response'), 'emptyOutput');
    return [{ messages: toMessages({ instruction, input: optionalTextOf(row, 'input'), output }) }];
  },
};
