import { toMessages } from '@open-chatgpt/datasets';
import { expectLinearTime } from '@open-chatgpt/testing';
import { clean, cleaningRules } from './clean';

const repeated = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

const texts = [
  ...[
    ' ',
    '\n',
    '1',
    '-',
    'a',
    'a@',
    '+@0.A',
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
];

const rules = cleaningRules({
  refusals: true,
  selfReference: true,
  personalData: 'mask',
  maxCharacters: 1e9,
});

it.each(texts.map((text) => [JSON.stringify(text), text]))(
  '%s over and over takes every rule linear time',
  async (_, text) => {
    await expectLinearTime((size) => {
      const long = repeated(text, size);
      const shapes = [
        { instruction: long, input: `no input${long}x`, output: long },
        { instruction: 'a', input: long, output: `no output${long}x` },
        { instruction: 'a', input: `<no input${long}>`, output: `x${long}x` },
      ];
      for (const shape of shapes) for (const rule of rules) clean({ messages: toMessages(shape) }, [rule]);
    });
  },
);
