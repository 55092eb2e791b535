import { instructionMessage, toMessages } from '../examples';
import { hasText, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import type { Repaired } from './repair';

/** The marks of the layout for an instruction without input, or without an answer. */
const NO_INPUT = /^<\s?no\s?input\s?>$|^noinput$/i;
const NO_OUTPUT = /^<\s?no\s?output\s?>$|^nooutput$/i;

const FIELDS = ['instruction', 'input', 'output'] as const;

const isInstruction = (row: Row) =>
  typeof row['instruction'] === 'string' && typeof row['output'] === 'string' && !('chosen' in row);

/** Instruction rows: `{instruction, input, output}`, with `system` and `history` as in LLaMA-Factory. */
export const alpaca: Adapter = {
  name: 'alpaca',
  detect: isInstruction,
  fields: FIELDS,
  supervised: (row, repaired) => [{ messages: toMessages(exerciseOf(row, NO_INPUT, NO_OUTPUT, repaired)) }],
  prompts(row, repaired) {
    const { instruction, input } = questionOf(row, NO_INPUT, repaired);
    return [{ messages: [instructionMessage(instruction, input)] }];
  },
};

const ANY_NO_INPUT = /^<?\s?no\s?input\s?[.>]{0,2}$/i;
const ANY_NO_OUTPUT = /^<?\s?no\s?output\s?[.>]{0,2}$/i;
const LINK = /https?:\/\/|www\.\S/i;

/**
 * Stanford Alpaca, by name. Some of its rows spell out in words that they have no input or no output; some refer to a page or picture that is
 * missing.
 */
export const stanfordAlpaca: Adapter = {
  name: 'stanford-alpaca',
  detect: () => false,
  fields: FIELDS,
  supervised: (row, repaired) => {
    checkLinks(row);
    return [{ messages: toMessages(exerciseOf(row, ANY_NO_INPUT, ANY_NO_OUTPUT, repaired)) }];
  },
  prompts(row, repaired) {
    checkLinks(row);
    const { instruction, input } = questionOf(row, ANY_NO_INPUT, repaired);
    return [{ messages: [instructionMessage(instruction, input)] }];
  },
};

function checkLinks(row: Row): void {
  if ([row['instruction'], row['input']].some((text) => hasText(text, LINK)))
    throw new RowDropped('citesLink');
}

function exerciseOf(row: Row, noInput: RegExp, noOutput: RegExp, repaired?: Repaired) {
  const question = questionOf(row, noInput, repaired);
  const output = notEmpty(textOf(row, 'output'), 'emptyOutput');
  if (noOutput.test(output.trim())) throw new RowDropped('emptyOutput');
  return { ...question, output };
}

function questionOf(row: Row, noInput: RegExp, repaired?: Repaired) {
  const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
  const input = optionalTextOf(row, 'input');
  if (!noInput.test(input.trim())) return { instruction, input };
  repaired?.('noInput', input, '');
  return { instruction, input: '' };
}
