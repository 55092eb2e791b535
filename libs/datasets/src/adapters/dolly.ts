import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withoutCitations } from './citations';

/**
 * Databricks Dolly: `{instruction, context, response, category}`. Contexts come from Wikipedia with reference marks, such as "[12]".
 * These are removed, from the response only when the context has some: other brackets belong to the text.
 */
export const dolly: Adapter = {
  name: 'dolly',
  detect: (row) => typeof row['instruction'] === 'string' && 'context' in row && 'response' in row,
  supervised(row) {
    const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
    const context = optionalTextOf(row, 'context');
    const input = withoutCitations(context);
    const response = textOf(row, 'response');
    const output = notEmpty(input === context ? response : withoutCitations(response), 'emptyOutput');
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
};
