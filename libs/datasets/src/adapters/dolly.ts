import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withoutCitations } from './citations';
import { PROVING_ROWS } from './prove';

const CATEGORIES: readonly unknown[] = [
  ...['open_qa', 'closed_qa', 'general_qa', 'classification'],
  ...['information_extraction', 'brainstorming', 'summarization', 'creative_writing'],
];

/**
 * Databricks Dolly, by name or by its categories: `{instruction, context, response, category}`. Contexts come from Wikipedia with reference
 * marks, such as "[12]". These are removed, from the response only when the context has some: other brackets belong to the text.
 */
export const dolly: Adapter = {
  name: 'dolly',
  detect: () => false,
  proves: (rows) => rows.length >= PROVING_ROWS && rows.every(isDolly),
  fields: ['instruction', 'context', 'response'],
  supervised(row, repaired) {
    const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
    const context = optionalTextOf(row, 'context');
    const input = withoutCitations(context);
    repaired?.('referenceMarks', context, input);
    const response = textOf(row, 'response');
    const output = notEmpty(input === context ? response : withoutCitations(response), 'emptyOutput');
    repaired?.('referenceMarks', response, output);
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
};

const isDolly = (row: Row) =>
  typeof row['instruction'] === 'string' &&
  'context' in row &&
  'response' in row &&
  CATEGORIES.includes(row['category']);
