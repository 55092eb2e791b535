import { toMessages } from '../examples';
import { notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withLineEnds } from './literal-newlines';
import type { Repaired } from './repair';

/** An answer that refers to itself as a model: "作为一个GPT模型". */
const SELF_REFERENCE =
  /(?:作为|身为|我是|我只是)[^。！？\n]{0,12}?(?:GPT|人工智能|AI|语言)[^。！？，\n]{0,8}?模型/i;

/**
 * BELLE, by name: `{instruction, input, output}` with an empty input, or the older `{input, target}`; in Chinese. It was escaped twice in
 * parts. Answers in which the model refers to itself are left out.
 */
export const belle: Adapter = {
  name: 'belle',
  detect: () => false,
  fields: ['instruction', 'input', 'output'],
  supervised(row, repaired) {
    const old = 'target' in row && !('instruction' in row);
    const instruction = notEmpty(text(row, old ? 'input' : 'instruction', repaired), 'emptyInstruction');
    const output = notEmpty(text(row, old ? 'target' : 'output', repaired), 'emptyOutput');
    if (SELF_REFERENCE.test(output)) throw new RowDropped('selfReference');
    const input = old || optionalTextOf(row, 'input') === '' ? '' : text(row, 'input', repaired);
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
};

const text = (row: Row, field: string, repaired?: Repaired) => withLineEnds(textOf(row, field), repaired);

/** Texts and what they become: `{input, target}`, as in BELLE's older files and in T5's. */
export const inputTarget: Adapter = {
  name: 'input-target',
  detect: (row) =>
    typeof row['target'] === 'string' && typeof row['input'] === 'string' && !('instruction' in row),
  supervised(row) {
    const instruction = notEmpty(textOf(row, 'input'), 'emptyPrompt');
    return [
      { messages: toMessages({ instruction, output: notEmpty(textOf(row, 'target'), 'emptyOutput') }) },
    ];
  },
};
