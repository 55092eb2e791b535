import { type Example, isPreference, openingOf } from '@open-chatgpt/datasets';
import { textsOf } from '../cleaning/example-texts';

/** The parts of an example that are compared. In near-duplicates, `fixed` is equal and `text` is similar. */
export interface Comparison {
  fixed: string;
  text: string;
}

/**
 * The parts by which two examples are compared. `fixed` is the part that many rows share without being duplicates, and that is longer than
 * the part in which they differ: the instruction of a row with an input, or all of a pair except the worse answer.
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
