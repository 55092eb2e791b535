import { toMessages } from '../examples';
import { isRow, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

/** Seed tasks of Self-Instruct, Alpaca and BELLE: `{instruction, instances: [{input, output}]}`. */
export const selfInstruct: Adapter = {
  name: 'self-instruct',
  detect: (row) => typeof row['instruction'] === 'string' && Array.isArray(row['instances']),
  supervised(row) {
    const instruction = notEmpty(textOf(row, 'instruction'), 'emptyInstruction');
    const instances = row['instances'];
    if (!Array.isArray(instances) || !instances.every(isRow)) throw new RowDropped('wrongType:instances');
    if (instances.length === 0) throw new RowDropped('noAnswer');
    return instances.map((instance: Row) => {
      const output = notEmpty(textOf(instance, 'output'), 'emptyOutput');
      return { messages: toMessages({ instruction, input: optionalTextOf(instance, 'input'), output }) };
    });
  },
};
