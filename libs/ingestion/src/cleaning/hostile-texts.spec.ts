import { toMessages } from '@open-chatgpt/datasets';
import { clean, cleaningRules } from './clean';

const LENGTH = 200_000;
const repeated = (text: string) => text.repeat(Math.ceil(LENGTH / text.length)).slice(0, LENGTH);
/** The time of one rule for one row. */
const MOST_MILLISECONDS = 2000;

const texts = [
  ...[
    ' ',
    '\n',
    '1',
    '-',
    'a',
    'a@',
    '.a',
    '@a.a',
    '1-',
    'no input',
    'no ',
    '<',
    '[your ',
    'lorem ipsum dolor ',
  ],
  ...['as an ai ', "I'm sorry, but ", 'GPT ', '我是 ', '作为', 'chatgpt i am '],
].map((text): [string, string] => [JSON.stringify(text), repeated(text)]);

it.each(texts)('%s over and over takes no rule long', (_, text) => {
  const rules = cleaningRules({
    refusals: true,
    selfReference: true,
    personalData: 'mask',
    maxCharacters: 1e9,
  });
  const shapes = [
    { instruction: text, input: `no input${text}x`, output: text },
    { instruction: 'a', input: text, output: `no output${text}x` },
    { instruction: 'a', input: `<no input${text}>`, output: `x${text}x` },
  ];
  for (const shape of shapes) {
    for (const rule of rules) {
      const start = performance.now();
      clean({ messages: toMessages(shape) }, [rule]);
      const took = performance.now() - start;
      if (took > MOST_MILLISECONDS) throw new Error(`${rule.name} took ${took} ms`);
    }
  }
});
