import type { Row } from '../reading/row';
import { convert } from '../testing/convert';
import { assistant, turns, user } from '../testing/messages';
import { ADAPTERS } from '.';
import { htmlToText } from './html-to-text';

const supervised = (...contents: string[]) => [{ messages: turns(...contents) }];
const hh = (...contents: string[]) =>
  contents.map((content, i) => `\n\n${i % 2 === 0 ? 'Human' : 'Assistant'}: ${content}`).join('');
const node = (role: string, text: string, more: object = {}, replies: object[] = []) => ({
  role,
  text,
  replies,
  ...more,
});

describe('supervised', () => {
  it.each<[string, string, Row, unknown]>([
    ['alpaca', 'plain', { instruction: 'i', input: '', output: 'o' }, supervised('i', 'o')],
    [
      'alpaca',
      'blanks around the texts belong to them',
      { instruction: 'Complete:\n\ndef f(x):\n', input: ' ', output: '    return x\n' },
      supervised('Complete:\n\ndef f(x):\n', '    return x\n'),
    ],
    ['alpaca', 'input missing', { instruction: 'i', output: 'o' }, supervised('i', 'o')],
    [
      'alpaca',
      'input',
      { instruction: 'i', input: 'x', output: 'o' },
      [{ messages: [{ ...user('i\n\nx'), parts: { instruction: 'i', input: 'x' } }, assistant('o')] }],
    ],
    ...[
      ['alpaca', '<noinput>'],
      ['alpaca', '<no input>'],
      ['alpaca', 'noinput'],
      ['stanford-alpaca', 'No input'],
      ['stanford-alpaca', 'No input.'],
    ].map(([adapter, input]): [string, string, Row, unknown] => [
      adapter,
      input,
      { instruction: 'i', input, output: 'o' },
      supervised('i', 'o'),
    ]),
    ['alpaca', 'no output', { instruction: 'i', output: '<No Output>' }, 'emptyOutput'],
    ['stanford-alpaca', 'no output', { instruction: 'i', output: 'No output' }, 'emptyOutput'],
    ['alpaca', 'empty output', { instruction: 'i', output: ' ' }, 'emptyOutput'],
    ['stanford-alpaca', 'a link', { instruction: 'Summarize https://x.org', output: 'o' }, 'citesLink'],
    ['alpaca', 'output of a wrong type', { instruction: 'i', output: ['o'] }, 'wrongType:output'],
    ['alpaca', 'output missing', { instruction: 'i' }, 'missing:output'],
    ['gpteacher', 'response', { instruction: 'i', input: '', response: 'r' }, supervised('i', 'r')],
    ['gpteacher', 'empty', { instruction: 'i', input: '', response: '' }, 'emptyOutput'],
    [
      'belle',
      'literal line ends',
      { instruction: '算：\\n\n\\n1996\\n', input: '', output: '是' },
      supervised('算：\n\n\n1996\n', '是'),
    ],
    [
      'belle',
      'line ends of a program stay',
      { instruction: '写', output: 'printf("a\\n")' },
      supervised('写', 'printf("a\\n")'),
    ],
    ['belle', 'the older schema', { input: '问', target: '答' }, supervised('问', '答')],
    ['belle', 'older and empty', { input: '问', target: '' }, 'emptyOutput'],
    [
      'dolly',
      'reference marks',
      { instruction: 'i', context: 'In 1990.[12] See [sic].', response: 'r[3]', category: 'c' },
      [
        {
          messages: [
            {
              ...user('i\n\nIn 1990. See [sic].'),
              parts: { instruction: 'i', input: 'In 1990. See [sic].' },
            },
            assistant('r'),
          ],
        },
      ],
    ],
    [
      'dolly',
      'brackets of the text',
      { instruction: 'i', context: '', response: 'a[1] = [2]' },
      supervised('i', 'a[1] = [2]'),
    ],
    [
      'sharegpt',
      'a human last turn',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
          { from: 'human', value: 'r' },
        ],
      },
      supervised('q', 'a'),
    ],
    [
      'sharegpt',
      'an answer first, then two in a row',
      {
        conversations: ['gpt x', 'human q', 'gpt a', 'gpt b'].map((turn) => ({
          from: turn.split(' ')[0],
          value: turn.split(' ')[1],
        })),
      },
      supervised('q', 'a\n\nb'),
    ],
    ['sharegpt', 'an unknown role', { conversations: [{ from: 'narrator', value: 'q' }] }, 'unknownRole'],
    ['sharegpt', 'only a question', { conversations: [{ from: 'human', value: 'q' }] }, 'noAnswer'],
    ['sharegpt', 'nothing', { conversations: [] }, 'noUserTurn'],
    ['sharegpt', 'a text', { conversations: 'hi' }, 'wrongType:conversations'],
    ['ultrachat', 'turns', { id: '1', data: ['q', 'a', 'r', 'b'] }, supervised('q', 'a', 'r', 'b')],
    ['ultrachat', 'one prompt', { class: 'c', data: 'q' }, 'noAnswer'],
    ['ultrachat', 'numbers', { data: [1] }, 'wrongType:data'],
    [
      'messages',
      'system',
      { messages: [{ role: 'system', content: 's' }, user('q'), assistant('a')] },
      [{ messages: [{ role: 'system', content: 's' }, ...turns('q', 'a')] }],
    ],
    ['messages', 'a tool alone', { messages: [{ role: 'tool', content: 's' }] }, 'noUserTurn'],
    [
      'gsm8k',
      'calculator notes',
      { question: 'q', answer: '2+2=<<2+2=4>>4\n#### 4' },
      supervised('q', '2+2=4\n#### 4'),
    ],
    ['gsm8k', 'no result', { question: 'q', answer: 'four' }, 'noFinalAnswer'],
    [
      'hh-rlhf',
      'the chosen one',
      { chosen: hh('q', 'a', 'r', 'b'), rejected: '' },
      supervised('q', 'a', 'r', 'b'),
    ],
    [
      'oasst',
      'the best path, without what was deleted',
      {
        message_tree_id: '1',
        prompt: node('prompter', 'q', {}, [
          node('assistant', 'worse', { rank: 1 }),
          node('assistant', 'gone', { rank: 0, deleted: true }),
          node('assistant', 'best', { rank: 0 }, [node('prompter', 'thanks')]),
        ]),
      },
      supervised('q', 'best'),
    ],
    [
      'oasst',
      'a deleted tree',
      { message_tree_id: '1', prompt: node('prompter', 'q', { deleted: true }) },
      'deleted',
    ],
    ['oasst', 'no answers', { message_tree_id: '1', prompt: node('prompter', 'q') }, 'noAnswer'],
    [
      'self-instruct',
      'instances',
      {
        instruction: 'i',
        instances: [
          { input: '', output: 'a' },
          { input: '', output: 'b' },
        ],
      },
      [...supervised('i', 'a'), ...supervised('i', 'b')],
    ],
  ])('%s: %s', (name, _, row, want) => {
    expect(convert(name, 'supervised', row)).toEqual(want);
  });
});

describe('preference', () => {
  const pair = (prompt: unknown[], more: object = {}) => [
    { prompt, chosen: 'good', rejected: 'bad', ...more },
  ];

  it.each<[string, string, Row, unknown]>([
    [
      'hh-rlhf',
      'many turns',
      { chosen: hh('q', 'a', 'r', 'good'), rejected: hh('q', 'a', 'r', 'bad') },
      pair(turns('q', 'a', 'r')),
    ],
    [
      'hh-rlhf',
      'a role inside a line is text',
      {
        chosen: hh('say "Human: hi"\nAssistant: x', 'good'),
        rejected: hh('say "Human: hi"\nAssistant: x', 'bad'),
      },
      pair([user('say "Human: hi"\nAssistant: x')]),
    ],
    [
      'hh-rlhf',
      'two turns of one role',
      {
        chosen: '\n\nHuman: q\n\nHuman: r\n\nAssistant: good',
        rejected: '\n\nHuman: q\n\nHuman: r\n\nAssistant: bad',
      },
      pair([user('q\n\nr')]),
    ],
    ['hh-rlhf', 'empty answer', { chosen: hh('q', ''), rejected: hh('q', 'bad') }, 'emptyAnswer'],
    [
      'hh-rlhf',
      'other histories',
      { chosen: hh('q', 'good'), rejected: hh('other', 'bad') },
      'historiesDiffer',
    ],
    ['hh-rlhf', 'the same twice', { chosen: hh('q', 'a'), rejected: hh('q', 'a') }, 'identicalAnswers'],
    ['hh-rlhf', 'a human last turn', { chosen: hh('q'), rejected: hh('q') }, 'lastTurnIsNotAnswer'],
    ['hh-rlhf', 'no transcript', { chosen: 'hi', rejected: 'ho' }, 'noTranscript'],
    ['preference', 'texts', { prompt: 'q', chosen: 'good', rejected: 'bad' }, pair([user('q')])],
    [
      'preference',
      'margin and weight',
      { prompt: 'q', chosen: 'good', rejected: 'bad', margin: 2, weight: 0.8 },
      pair([user('q')], { margin: 2, weight: 0.8 }),
    ],
    [
      'preference',
      'a tie',
      { prompt: 'q', chosen: 'good', rejected: 'bad', score_chosen: 7, score_rejected: 7 },
      pair([user('q')], { margin: 0, weight: 0.5 }),
    ],
    [
      'preference',
      'scores',
      { prompt: 'q', chosen: 'good', rejected: 'bad', score_chosen: 8, score_rejected: 5 },
      pair([user('q')], { margin: 3 }),
    ],
    [
      'preference',
      'scores the wrong way round',
      { prompt: 'q', chosen: 'good', rejected: 'bad', score_chosen: 1, score_rejected: 5 },
      'scoresContradict',
    ],
    [
      'preference',
      'a score as text',
      { prompt: 'q', chosen: 'good', rejected: 'bad', margin: '2' },
      'wrongType:margin',
    ],
    [
      'preference',
      'a weight above 1',
      { prompt: 'q', chosen: 'good', rejected: 'bad', weight: 2 },
      'weightOutOfRange',
    ],
    [
      'preference',
      'instruction rows',
      { instruction: 'i', input: 'x', output: 'o', chosen: 'good', rejected: 'bad' },
      pair([{ ...user('i\n\nx'), parts: { instruction: 'i', input: 'x' } }]),
    ],
    [
      'preference',
      'messages',
      { prompt: 'q', chosen: [user('q'), assistant('good')], rejected: [user('q'), assistant('bad')] },
      pair([user('q')]),
    ],
    [
      'preference',
      'messages with other histories',
      { prompt: 'q', chosen: [user('q'), assistant('good')], rejected: [user('p'), assistant('bad')] },
      'historiesDiffer',
    ],
    [
      'preference',
      'a transcript for a prompt, the role in the answers',
      { prompt: '\n\nHuman: q\n\nAssistant:', chosen: 'Assistant: good', rejected: hh('q', 'bad') },
      pair([user('q')]),
    ],
    [
      'preference',
      'a word that looks like a role',
      { prompt: 'q', chosen: 'Assistant: good', rejected: 'bad' },
      [{ prompt: [user('q')], chosen: 'Assistant: good', rejected: 'bad' }],
    ],
    ['preference', 'the same twice', { prompt: 'q', chosen: 'a', rejected: 'a ' }, 'identicalAnswers'],
    ['preference', 'no answer', { prompt: 'q', chosen: 'a', rejected: '' }, 'emptyAnswer'],
    ['preference', 'no prompt', { prompt: '', chosen: 'a', rejected: 'b' }, 'emptyPrompt'],
    [
      'oasst',
      'the best over each other, at every turn',
      {
        message_tree_id: '1',
        prompt: node('prompter', 'q', {}, [
          node('assistant', 'c', { rank: 2 }),
          node('assistant', 'a', { rank: 0 }, [
            node('prompter', 'r', {}, [
              node('assistant', 'y', { rank: 1 }),
              node('assistant', 'x', { rank: 0 }),
            ]),
          ]),
          node('assistant', 'b', { rank: 1 }),
          node('assistant', 'unranked', { rank: null }),
        ]),
      },
      [
        { prompt: turns('q'), chosen: 'a', rejected: 'b' },
        { prompt: turns('q'), chosen: 'a', rejected: 'c' },
        { prompt: turns('q', 'a', 'r'), chosen: 'x', rejected: 'y' },
      ],
    ],
    [
      'oasst',
      'no ranks',
      { message_tree_id: '1', prompt: node('prompter', 'q', {}, [node('assistant', 'a')]) },
      'noRankedAnswers',
    ],
  ])('%s: %s', (name, _, row, want) => {
    expect(convert(name, 'preference', row)).toEqual(want);
  });
});

describe('prompts', () => {
  it.each<[string, Row, unknown]>([
    ['alpaca', { instruction: 'i', output: '' }, [{ messages: turns('i') }]],
    ['gsm8k', { question: 'q', answer: 'x\n#### 1,234' }, [{ messages: turns('q'), answer: '1234' }]],
    ['ultrachat', { class: 'c', data: 'q' }, [{ messages: turns('q') }]],
    ['ultrachat', { data: [] }, 'emptyPrompt'],
    ['oasst', { message_tree_id: '1', prompt: node('prompter', 'q') }, [{ messages: turns('q') }]],
  ])('%s: %j', (name, row, want) => {
    expect(convert(name, 'prompts', row)).toEqual(want);
  });
});

describe('oasst: flat messages', () => {
  const oasst = ADAPTERS.find((adapter) => adapter.name === 'oasst');
  it('become trees, whatever their order; those without their parent go', () => {
    const rows = [
      { message_id: 'b', parent_id: 'a', role: 'assistant', text: 'a1', rank: 0 },
      { message_id: 'x', parent_id: 'lost', role: 'assistant', text: 'x' },
      { message_id: 'a', parent_id: null, role: 'prompter', text: 'q' },
    ];
    const trees = oasst?.assemble?.(rows) ?? [];
    expect(trees).toHaveLength(1);
    expect(convert('oasst', 'supervised', trees[0])).toEqual(supervised('q', 'a1'));
  });
});

describe('htmlToText', () => {
  it.each([
    [
      '<div class="markdown"><p>a &lt;b&gt; &amp;amp;</p><ul><li>x</li><li>y</li></ul></div>',
      'a <b> &amp;\n\n- x\n- y',
    ],
    ['<p>line<br>break</p>', 'line\nbreak'],
    ['Use <div class="a"> in HTML &lt;', 'Use <div class="a"> in HTML &lt;'],
    ['plain', 'plain'],
  ])('%j', (html, want) => {
    expect(htmlToText(html)).toBe(want);
  });
});
