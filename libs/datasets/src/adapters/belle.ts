import { toMessages } from '../examples';
import { hasText, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { withLineEnds } from './literal-newlines';

const CHINESE = /\p{Script=Han}/u;
/** An answer that refers to itself as a model: "作为一个GPT模型". */
const SELF_REFERENCE =
  /(?:作为|身为|我是|我只是)[^。！？\n]{0,12}?(?:GPT|人工智能|AI|语言)[^。！？，\n]{0,8}?模型/i;

/**
 * BELLE: `{instruction, input, output}` with an empty input, or the older `{input, target}`; in Chinese. Answers in which the model
 * refers to itself are left out.
 */
export const belle: Adapter = {
  name: 'belle',
  detect: (row) =>
    (typeof row['target'] === 'string' && typeof row['input'] === 'string') ||
    (typeof row['output'] === 'string' && hasText(row['instruction'], CHINESE) && !('chosen' in row)),
  supervised(row) {
    const old = 'target' in row && !('instruction' in row);
    const instruction = notEmpty(text(row, old ? 'input' : 'instruction'), 'emptyInstruction');
    const output = notEmpty(text(row, old ? 'target' : 'output'), 'emptyOutput');
    if (SELF_REFERENCE.test(output)) throw new RowDropped('selfReference');
    const input = old || optionalTextOf(row, 'input') === '' ? '' : text(row, 'input');
    return [{ messages: toMessages({ instruction, input, output }) }];
  },
};

const text = (row: Row, field: string) => withLineEnds(textOf(row, field));
