import { instructionMessage, toMessages } from '../examples';
import { notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

const NO_INPUT = /^<?\s*no\s*input\s*[.>]*$/i;
const NO_OUTPUT = /^<?\s*no\s*output\s*[.>]*$/i;
const LINK = /https?:\/\/|www\.\S/i;

/** Stanford Alpaca and alpaca-cleaned: `{instruction, input, output}`. */
export const alpaca: Adapter = {
  name: 'alpaca',
  detect: (row) =>
    typeof row['instruction'] === 'string' && typeof row['output'] === 'string' && !('chosen' in row),
  supervised(row) {
    const { instruction, input } = question(row);
    const output = textOf(row, 'output');
    notEmpty(output.replace(NO_OUTPUT, ''), 'emptyOutput');
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
  prompts(row) {
    const { instruction, input } = question(row);
    return [{ messages: [instructionMessage(instruction, input)] }];
  },
};

/** Some rows spell out that they have no input; some refer to a page or picture that is missing. */
function question(row: Row): { instruction: string; input: string } {
  const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
  const input = optionalTextOf(row, 'input').replace(NO_INPUT, '');
  if (LINK.test(instruction) || LINK.test(input)) throw new RowDropped('citesLink');
  return { instruction, input };
}
