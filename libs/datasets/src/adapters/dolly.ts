import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withoutCitations } from './citations';

/**
 * Databricks Dolly: `{instruction, context, response, category}`. Contexts come from Wikipedia with its reference marks, as "[12]";
 * only those go, and from the response only when the context had some: elsewhere brackets are the text's own.
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
