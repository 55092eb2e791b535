import { instructionMessage } from '../examples';
import { isBlankText, isRow, notEmpty, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

interface Instance {
  input: string;
  /** Each of them is right. */
  outputs: string[];
}

/**
 * Natural Instructions v2: a task `{Definition, "Positive Examples", …, Instances: [{input, output: []}]}`, or the flat form `{definition,
 * inputs, targets}`. `Definition` is a text in early files and a list in current ones. There is one conversation for each distinct
 * right answer.
 */
export const naturalInstructions: Adapter = {
  name: 'natural-instructions',
  detect: (row) =>
    'Definition' in row || (typeof row['definition'] === 'string' && 'inputs' in row && 'targets' in row),
  fields: ['Reasoning'],
  supervised: (row) =>
    instances(row).flatMap(({ input, outputs }) =>
      outputs.map((content) => ({
        messages: [instructionMessage(definition(row), input), { role: 'assistant', content }],
      })),
    ),
  prompts: (row) =>
    instances(row).map(({ input, outputs: [answer] }) => ({
      messages: [instructionMessage(definition(row), input)],
      answer,
    })),
};

function definition(row: Row): string {
  const value = row['Definition'] ?? row['definition'];
  const parts = Array.isArray(value) ? value : [value];
  if (parts.some((part) => typeof part !== 'string')) throw new RowDropped('wrongType:Definition');
  return notEmpty(parts.join('\n'), 'emptyInstruction');
}

function instances(row: Row): Instance[] {
  if ('inputs' in row) return [instance({ input: row['inputs'], output: row['targets'] })];
  // The parser splits a long task into parts; those with its worked examples have no instance.
  if (row['Instances'] === undefined) return [];
  if (!Array.isArray(row['Instances'])) throw new RowDropped('wrongType:Instances');
  return row['Instances'].map((value) => {
    if (!isRow(value)) throw new RowDropped('wrongType:Instances');
    return instance(value);
  });
}

function instance(row: Row): Instance {
  const output = Array.isArray(row['output']) ? row['output'] : [row['output']];
  if (output.some((text) => typeof text !== 'string')) throw new RowDropped('wrongType:output');
  const distinct = new Set<string>();
  const outputs = output.filter((text: string) => {
    const isNew = !isBlankText(text) && !distinct.has(text.trim());
    distinct.add(text.trim());
    return isNew;
  });
  if (outputs.length === 0) throw new RowDropped('emptyOutput');
  return { input: textOf(row, 'input'), outputs };
}
