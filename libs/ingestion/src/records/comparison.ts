import { type Example, isPreference, openingOf } from '@open-chatgpt/datasets';
import { textsOf } from '../cleaning/example-texts';

/** An example as it is compared with others: `fixed` must be the same, `text` nearly. */
export interface Comparison {
  fixed: string;
  text: string;
}

/**
 * What two examples are compared by. What many rows share that are no copies of each other, and what is longer than that which tells
 * them apart, is `fixed`: the instruction of a row with an input, and of a pair, one of several with the same prompt and
 * better answer, all but the worse answer.
 */
export function comparisonOf(example: Example, by: 'example' | 'prompt'): Comparison {
  const opening = openingOf(example);
  const parts = opening.length === 1 ? opening[0].parts : undefined;
  const question = parts ? [parts.input] : opening.map(({ content }) => content);
  const fixed = parts?.instruction ?? '';
  if (by === 'prompt') return { fixed, text: question.join('\n') };
  if (isPreference(example)) {
    const { prompt, chosen, rejected } = example;
    return { fixed: [...prompt.map(({ content }) => content), chosen].join('\n'), text: rejected };
  }
  const rest = textsOf(example).slice(opening.length);
  return { fixed, text: [...question, ...rest].join('\n') };
}
