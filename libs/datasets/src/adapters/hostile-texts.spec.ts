import { expectLinearTime } from '@open-chatgpt/testing';
import type { Row } from '../reading/row';
import { RowDropped } from '../reading/row';
import { ADAPTERS } from '.';
import type { Adapter } from './adapter';
import { htmlToText } from './html-to-text';

const repeated = (text: string, length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

const texts = [
  ...[' ', '\n', '\t', '1', '<a', '<li', '<<1', '&lt;', '\\n', '[1', '1,', '####', '#### 1 '],
  ...['Human:', '\n\nHuman: ', '\n\nAssistant: ', 'User: ', '\nAssistant:', 'www.', 'no input ', '作为GPT'],
  ...[
    '### Instruction:\n',
    '\n\n### Input:\n',
    '\n\n### Response:',
    'as an ai ',
    '<div class="markdown">',
    '{"a":[',
  ],
];

/** Rows in which every field of an adapter can have the text. */
function rowsOf(text: string): Row[] {
  const turns = [
    { role: 'user', content: text },
    { role: 'assistant', content: text },
  ];
  const named = { prompt: text, response: text, completion: text, source: text, label: true };
  return [
    { instruction: text, input: text, output: text, context: text, response: text, category: 'closed_qa' },
    {
      ...named,
      chosen: text,
      rejected: `${text}.`,
      question: text,
      answer: text,
      target: text,
      history: text,
    },
    { instruction: `User: ${text}`, input: `${text}\nAssistant: a`, output: text, text },
    { prompt: `Human: ${text}\n\nAssistant:`, response: text, chosen: `Assistant: ${text}`, rejected: text },
    { chosen: `\n\nHuman: ${text}\n\nAssistant: ${text}`, rejected: `\n\nHuman: ${text}\n\nAssistant: a` },
    { messages: turns, data: [text, text], 0: text, 1: text, 2: text },
    {
      conversations: [
        { from: 'human', value: text },
        { from: 'gpt', value: `<p>${text}` },
      ],
    },
    {
      user_input: `### Instruction:\n${text}\n\n### Response:${text}`,
      responses_and_scores: [
        { response: text, score: 1 },
        { response: 'a', score: 0 },
      ],
      question: text,
      human_answers: [text],
      chatgpt_answers: [text],
      human_ref_A: text,
      human_ref_B: 'a',
    },
    { question: text, answer_0: text, answer_1: 'a', score_0: 1, score_1: -1, quotes_0: { extract: [text] } },
    {
      Definition: text,
      Instances: [{ input: text, output: [text] }],
      completions: [{ response: text, overall_score: 1 }],
    },
  ];
}

it.each(texts.map((text) => [JSON.stringify(text), text]))(
  '%s over and over takes every adapter linear time',
  async (_, text) => {
    await expectLinearTime(
      (size) => {
        for (const row of rowsOf(repeated(text, size))) for (const adapter of ADAPTERS) convert(adapter, row);
        htmlToText(`<p>${repeated(text, size)}`);
      },
      { size: 25_000 },
    );
  },
);

function convert(adapter: Adapter, row: Row): void {
  adapter.detect(row);
  for (const kind of ['supervised', 'preference', 'prompts'] as const) {
    try {
      (adapter.begin?.(kind) ?? adapter)[kind]?.(row);
    } catch (error) {
      if (!(error instanceof RowDropped)) throw error;
    }
  }
}
