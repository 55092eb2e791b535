/**
 * Files of rows: every format, every kind of example, and the adapter that the rows themselves choose. The first line of an input is
 * the kind.
 */
import { gzipSync } from 'node:zlib';
import { readDataset } from '@open-chatgpt/datasets';

const ROWS = {
  supervised: [
    { instruction: 'Add 2 and 3.', input: '', output: 'The sum is 5.' },
    {
      messages: [
        { role: 'system', content: 'Be short.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
      ],
    },
    {
      conversations: [
        { from: 'human', value: '<p>Which sea?</p>' },
        { from: 'gpt', value: '<div>The <b>Baltic</b> Sea.</div>' },
      ],
    },
    { question: 'Ann has 3 pens and buys 4. How many?', answer: '3 + 4 = <<3+4=7>>7\n#### 7' },
    { instruction: 'Translate.', context: 'Guten Tag', response: 'Good day', category: 'open_qa' },
    { text: '### Human: One?### Assistant: Two.' },
  ],
  preference: [
    { prompt: 'Name a colour.', chosen: 'Blue is one.', rejected: 'Seven.' },
    { chosen: '\n\nHuman: Why?\n\nAssistant: So.', rejected: '\n\nHuman: Why?\n\nAssistant: No.' },
  ],
  prompts: [{ prompt: 'Name a colour.' }, { instruction: 'Name a sea.', input: '', output: 'The Baltic.' }],
};

export function open() {
  const seeds = Object.entries(ROWS).flatMap(([kind, rows]) =>
    rows.flatMap((row) => {
      const three = [row, row, row];
      const lines = three.map((one) => JSON.stringify(one)).join('\n');
      return [`${kind}\n${lines}`, `${kind}\n${JSON.stringify(three, null, 1)}`];
    }),
  );
  seeds.push('supervised\ninstruction,output\n"Add, please: ""2+3""",5\nSay hi,Hi\n');
  seeds.push('supervised\nprompt\tcompletion\na\tb\nc\td\n');
  seeds.push(Buffer.concat([Buffer.from('prompts\n'), gzipSync(JSON.stringify([ROWS.prompts[0]]))]));
  return {
    seeds,
    hostile: HOSTILE,
    async answer(input) {
      const end = input.indexOf('\n');
      const kind = input.subarray(0, Math.max(0, end)).toString();
      const content = input.subarray(end + 1);
      const file = {
        name: 'rows',
        open: async function* () {
          yield content;
        },
      };
      const source = { name: 'rows', files: [file], leftOut: [] };
      await readDataset(source, { kind: Object.hasOwn(ROWS, kind) ? kind : 'supervised' });
    },
  };
}

const rowOf = (row) => `supervised\n${JSON.stringify([row, row])}`;
const LONG = [
  ...[
    ' ',
    '\n',
    '\t \n',
    '<',
    '<div>',
    '</',
    '&',
    '&#',
    '\\n',
    '#',
    '### ',
    '[[',
    '<<',
    '**',
    'N/A ',
    'Human: ',
  ],
  ...['\n\nHuman:', '|', '(', '"', "'", '\u0301', '\ud83e', '\u202e', '0', '1.', '- ', 'http://'],
].map((text) => text.repeat(Math.ceil(100_000 / text.length)));
const HOSTILE = [
  ...LONG.flatMap((text) => [
    rowOf({ instruction: text, input: text, output: text }),
    rowOf({ instruction: `a${text}b`, input: '', output: `a${text}b` }),
    rowOf({
      conversations: [
        { from: 'human', value: text },
        { from: 'gpt', value: `x${text}x` },
      ],
    }),
  ]),
  `supervised\n${'['.repeat(300_000)}`,
  `supervised\n${'[{"a":'.repeat(50_000)}`,
  `supervised\n[${'"'.repeat(300_000)}`,
  `supervised\n[{"a": "${'\\\\'.repeat(100_000)}`,
  `supervised\na,b\n"${'""'.repeat(100_000)}`,
  `supervised\n${'a,'.repeat(100_000)}\n${'"'.repeat(1000)}`,
  Buffer.concat([Buffer.from('supervised\n'), gzipSync(Buffer.alloc(50_000_000, '[1,'))]),
];
