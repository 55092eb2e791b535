import { answersOf, type Example, isPreference, textsOf } from '../cleaning/example-texts';
import { openingOf } from '../split-by-prompt';

/** An example as it is compared with others: `fixed` must be the same, `text` nearly. */
export interface Comparison {
  fixed: string;
  text: string;
}

/**
 * What two examples are compared by. The instruction of a row with an input, and the prompt of a pair, are shared by many rows
 * that are no copies of each other, and longer than what tells them apart: they are `fixed`.
 */
export function comparisonOf(example: Example, by: 'example' | 'prompt'): Comparison {
  const opening = openingOf(example);
  const parts = opening.length === 1 ? opening[0].parts : undefined;
  const question = parts ? [parts.input] : opening.map(({ content }) => content);
  const fixed = parts?.instruction ?? '';
  if (by === 'prompt') return { fixed, text: question.join('\n') };
  if (isPreference(example)) {
    const prompt = example.prompt.map(({ content }) => content);
    return { fixed: prompt.join('\n'), text: answersOf(example).join('\n') };
  }
  const rest = textsOf(example).slice(opening.length);
  return { fixed, text: [...question, ...rest].join('\n') };
}
