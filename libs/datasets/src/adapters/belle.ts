import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, type Row, textOf } from '../reading/row';
import type { Adapter } from './adapter';

const CHINESE = /\p{Script=Han}/u;

/** BELLE: `{instruction, input, output}` with an empty input, or the older `{input, target}`; in Chinese. */
export const belle: Adapter = {
  name: 'belle',
  detect: (row) =>
    (typeof row['target'] === 'string' && typeof row['input'] === 'string') ||
    (typeof row['output'] === 'string' && CHINESE.test(String(row['instruction'])) && !('chosen' in row)),
  supervised(row) {
    const old = 'target' in row && !('instruction' in row);
    const instruction = notEmpty(text(row, old ? 'input' : 'instruction'), 'emptyInstruction');
    const output = notEmpty(text(row, old ? 'target' : 'output'), 'emptyOutput');
    const input = old || optionalTextOf(row, 'input') === '' ? '' : text(row, 'input');
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
};

/**
 * The field with its literal backslash-n made line ends. Before a quotation mark it is left: there it is program text,
 * as in printf("…\n").
 */
function text(row: Row, field: string): string {
  return textOf(row, field)
    .replace(/\\n(?!["'])/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
