import type { Example } from '../examples';
import { type Row, RowDropped } from '../reading/row';
import { assistant, system, turns, user } from '../testing/messages';
import { ADAPTERS } from '.';
import { checkFields } from './accounting';
import type { DatasetKind } from './adapter';

/** The name of the adapter that recognizes the row, and its examples or the reason why it is left out. */
function read(kind: DatasetKind, ...rows: Row[]): unknown {
  const found = ADAPTERS.find((adapter) => adapter.detect(rows[0]));
  const adapter = found?.begin?.(kind) ?? found;
  const grouped = rows.length > 1 ? (adapter?.assemble?.(rows) ?? rows) : rows;
  try {
    const examples = grouped.flatMap((row) => {
      const some: Example[] = adapter?.[kind]?.(row) ?? [];
      if (adapter) checkFields(adapter, kind, row, some);
      return some;
    });
    return [adapter?.name, ...examples];
  } catch (error) {
    if (error instanceof RowDropped) return [adapter?.name, error.reason];
    throw error;
  }
}

const part = (text: string) => ({ type: 'text', text });

describe('the dataset types of TRL', () => {
  const [sky, blue, green] = [user('Sky?'), assistant('Blue.'), assistant('Green.')];
  const pair = { prompt: [sky], chosen: 'Blue.', rejected: 'Green.' };

  it.each<[string, DatasetKind, Row, unknown[]]>([
    [
      'conversational language modeling',
      'supervised',
      { messages: [sky, blue] },
      ['messages', { messages: [sky, blue] }],
    ],
    [
      'language modeling',
      'supervised',
      { text: 'The sky is blue.' },
      ['text', { messages: [assistant('The sky is blue.')], plain: true }],
    ],
    ['prompt-only', 'prompts', { prompt: 'Sky?' }, ['prompt-only', { messages: [sky] }]],
    [
      'conversational prompt-only',
      'prompts',
      { prompt: [system('Be brief.'), sky] },
      ['prompt-only', { messages: [system('Be brief.'), sky] }],
    ],
    [
      'prompt-completion',
      'supervised',
      { prompt: 'Sky?', completion: 'Blue.' },
      ['prompt-completion', { messages: [sky, blue] }],
    ],
    [
      'conversational prompt-completion',
      'supervised',
      { prompt: [sky], completion: [blue] },
      ['prompt-completion', { messages: [sky, blue] }],
    ],
    [
      'its prompts',
      'prompts',
      { prompt: [sky], completion: [blue] },
      ['prompt-completion', { messages: [sky] }],
    ],
    [
      'preference',
      'preference',
      { prompt: 'Sky?', chosen: 'Blue.', rejected: 'Green.' },
      ['preference', pair],
    ],
    [
      'conversational preference',
      'preference',
      { prompt: [sky], chosen: [blue], rejected: [green] },
      ['preference', pair],
    ],
    [
      'implicit prompt',
      'preference',
      { chosen: 'The sky is blue.', rejected: 'The sky is black.' },
      ['preference', { prompt: [user('The sky is')], chosen: ' blue.', rejected: ' black.' }],
    ],
    [
      'implicit prompt, Chinese',
      'preference',
      { chosen: '天空是蓝色', rejected: '天空是绿色' },
      ['preference', { prompt: [user('天空是')], chosen: '蓝色', rejected: '绿色' }],
    ],
    [
      'implicit prompt, nothing in common',
      'preference',
      { chosen: 'Blue.', rejected: 'Bluish.' },
      ['preference', 'noPrompt'],
    ],
    [
      'implicit prompt, the same',
      'preference',
      { chosen: 'Blue.', rejected: 'Blue.' },
      ['preference', 'identicalAnswers'],
    ],
    [
      'conversational implicit prompt',
      'preference',
      { chosen: [sky, blue], rejected: [sky, green] },
      ['preference', pair],
    ],
    [
      'unpaired preference, good',
      'supervised',
      { prompt: 'Sky?', completion: 'Blue.', label: true },
      ['unpaired-preference', { messages: [sky, blue] }],
    ],
    [
      'unpaired preference, bad',
      'supervised',
      { prompt: 'Sky?', completion: 'Green.', label: false },
      ['unpaired-preference', 'labelIsFalse'],
    ],
    [
      'conversational unpaired preference',
      'supervised',
      { prompt: [sky], completion: [blue], label: 1 },
      ['unpaired-preference', { messages: [sky, blue] }],
    ],
    [
      'unpaired preference without a partner',
      'preference',
      { prompt: 'Sky?', completion: 'Blue.', label: true },
      ['unpaired-preference', 'noOtherLabel:true'],
    ],
    [
      'unpaired preference, bad',
      'unpaired',
      { prompt: 'Sky?', completion: 'Green.', label: 'False' },
      ['unpaired-preference', { messages: [sky, green], label: false }],
    ],
    [
      'conversational unpaired preference, good',
      'unpaired',
      { prompt: [sky], completion: [blue], label: 1 },
      ['unpaired-preference', { messages: [sky, blue], label: true }],
    ],
    [
      'unpaired preference with an empty answer',
      'unpaired',
      { prompt: 'Sky?', completion: [{ ...blue, content: ' ' }], label: true },
      ['unpaired-preference', 'emptyAnswer'],
    ],
    [
      'unpaired preference of several answers',
      'unpaired',
      { prompt: [sky], completion: [blue, sky, green], label: true },
      ['unpaired-preference', 'severalAnswers'],
    ],
  ])('%s as %s', (_, kind, row, want) => {
    expect(read(kind, row)).toEqual(want);
  });

  it('unpaired preferences of one prompt become pairs, each row in at least one', () => {
    const row = (completion: string, label: unknown) => ({ prompt: 'Sky?', completion, label });
    const rows = [
      row('Blue.', true),
      row('Green.', false),
      row('Azure.', 'True'),
      row('Red.', 0),
      row('Pink.', false),
    ];
    const want = [
      ['Blue.', 'Green.'],
      ['Azure.', 'Red.'],
      ['Blue.', 'Pink.'],
    ];
    expect(read('preference', ...rows)).toEqual([
      'unpaired-preference',
      ...want.map(([chosen, rejected]) => ({ prompt: [sky], chosen, rejected })),
    ]);
  });
});

it('answers in a prompt are not learned', () => {
  const prompt = turns('q', 'a', 'r');
  const messages = [user('q'), { ...assistant('a'), learned: false }, user('r'), assistant('b')];
  expect(read('supervised', { prompt, completion: [assistant('b')] })).toEqual([
    'prompt-completion',
    { messages },
  ]);
  const labelled = { prompt, completion: 'b', label: true };
  expect(read('supervised', labelled)).toEqual(['unpaired-preference', { messages }]);
});

describe('a preference whose answers are messages', () => {
  const rows = (prompt: unknown, before: unknown[] = []) => ({
    ...(prompt !== undefined && { prompt }),
    chosen: [...before, assistant('good')],
    rejected: [...before, assistant('bad')],
  });

  it.each<[string, Row, unknown]>([
    ['many turns in the prompt', rows(turns('q', 'a', 'r')), turns('q', 'a', 'r')],
    [
      'a system turn in the prompt only',
      rows([system('s'), user('q')], [user('q')]),
      [system('s'), user('q')],
    ],
    [
      'the prompt repeated whole',
      rows([system('s'), user('q')], [system('s'), user('q')]),
      [system('s'), user('q')],
    ],
    ['a text that repeats the question', rows(' q', turns('q')), turns('q')],
    ['a text that repeats the last question', rows('r', turns('q', 'a', 'r')), turns('q', 'a', 'r')],
    ['an implicit prompt of many turns', rows(undefined, turns('q', 'a', 'r')), turns('q', 'a', 'r')],
    ['a prompt of another conversation', rows('other', turns('q')), 'promptDiffers'],
    ['no question', rows([system('s')]), 'emptyPrompt'],
    ['a prompt that ends with an answer', rows(turns('q', 'a')), 'lastTurnIsNotQuestion'],
    ['a column "question"', { question: 'q', chosen: 'good', rejected: 'bad' }, turns('q')],
    [
      'answers that are one message each',
      { prompt: 'q', chosen: assistant('good'), rejected: assistant('bad') },
      turns('q'),
    ],
  ])('%s', (_, row, want) => {
    const pair = typeof want === 'string' ? want : { prompt: want, chosen: 'good', rejected: 'bad' };
    expect(read('preference', row)).toEqual(['preference', pair]);
  });
});

describe('conversations under other names', () => {
  it.each<[string, Row, unknown]>([
    ['conversations of role and content', { conversations: turns('q', 'a') }, turns('q', 'a')],
    ['conversation', { conversation: turns('q', 'a') }, turns('q', 'a')],
    ['dialogue', { id: 7, dialogue: turns('q', 'a') }, turns('q', 'a')],
    [
      'from and value in messages',
      {
        messages: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
      },
      turns('q', 'a'),
    ],
    [
      'speaker and text',
      {
        turns: [
          { speaker: 'User', text: 'q' },
          { speaker: 'Bot', text: 'a' },
        ],
      },
      turns('q', 'a'),
    ],
    ['JSON text, as in a table', { messages: JSON.stringify(turns('q', 'a')) }, turns('q', 'a')],
    [
      'parts of text',
      {
        messages: [
          { role: 'user', content: [part('q'), part('!')] },
          { role: 'assistant', content: [part('a')] },
        ],
      },
      turns('q!', 'a'),
    ],
    [
      'parts of the responses API',
      {
        messages: [
          { role: 'user', content: [{ type: 'input_text', text: 'q' }] },
          { role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
        ],
      },
      turns('q', 'a'),
    ],
    [
      'an image',
      {
        messages: [
          { role: 'user', content: [part('q'), { type: 'image_url', image_url: { url: 'x' } }] },
          assistant('a'),
        ],
      },
      'notText:image_url',
    ],
    [
      'a part of an unknown type',
      { messages: [{ role: 'user', content: [{ type: 'x y\n' }] }, assistant('a')] },
      'notText:otherPart',
    ],
    [
      'a part without text',
      { messages: [{ role: 'user', content: [{ type: 'text' }] }, assistant('a')] },
      'wrongType:content',
    ],
  ])('%s', (_, row, want) => {
    expect(read('supervised', row)).toEqual([
      'messages',
      typeof want === 'string' ? want : { messages: want },
    ]);
  });

  it.each([
    'gpt',
    'GPT',
    'chatgpt',
    'Bot',
    'bard',
    'bing',
    'MODEL',
    'Assistant',
    'ai',
    'gpt-4',
    'gpt4',
    'Claude 3',
    ' assistant ',
  ])('the role %j answers', (from) => {
    const conversations = [
      { from: 'Human', value: 'q' },
      { from, value: 'a' },
    ];
    expect(read('supervised', { conversations })).toEqual(['sharegpt', { messages: turns('q', 'a') }]);
  });

  it.each(['narrator', 'gptx', 'constructor', '__proto__'])('the role %j is not known', (from) => {
    expect(read('supervised', { conversations: [{ from, value: 'x' }] })).toEqual([
      'sharegpt',
      'unknownRole',
    ]);
  });

  it('messages without an answer are prompts', () => {
    expect(read('prompts', { messages: [system('s'), user('q')] })).toEqual([
      'messages',
      { messages: [system('s'), user('q')] },
    ]);
    expect(read('prompts', { messages: turns('q', 'a', 'r', 'b') })).toEqual([
      'messages',
      { messages: turns('q', 'a', 'r') },
    ]);
  });
});

describe('tables of prompts and answers', () => {
  const joined = (instruction: string, input: string) => ({
    ...user(`${instruction}\n\n${input}`),
    parts: { instruction, input },
  });
  it.each<[Row, unknown[]]>([
    [{ id: '1', question: 'q', answer: 'a' }, turns('q', 'a')],
    [{ query: 'q', response: 'a' }, turns('q', 'a')],
    [{ instruction: 'q', completion: 'a' }, turns('q', 'a')],
    [{ problem: 'q', solution: 'a' }, turns('q', 'a')],
    [{ system_prompt: 's', question: 'q', response: 'a' }, [system('s'), ...turns('q', 'a')]],
    [{ prompt: 'q', input: 'x', completion: 'a' }, [joined('q', 'x'), assistant('a')]],
    [{ question: 'q', context: 'x', answer: 'a' }, [joined('q', 'x'), assistant('a')]],
  ])('%j', (row, messages) => {
    expect(read('supervised', row)).toEqual(['prompt-completion', { messages }]);
  });

  it.each<[Row, string | undefined]>([
    [{ prompt: 'q', question: 'q', answer: 'a' }, undefined],
    [{ question: 'q', answer: 'a', response: 'b' }, undefined],
    [{ question: 'q', answer: 3 }, undefined],
    [{ question: 'q', answer: 'a', label: 'x' }, undefined],
    [{ question: 'q', answer: '3\n#### 3' }, 'gsm8k'],
    [{ instruction: 'q', output: 'a' }, 'alpaca'],
    [{ text: 'A good film.', label: 1 }, undefined],
    [{ text: 'A long text.', summary: 'Short.' }, undefined],
  ])('%j is not taken for one', (row, name) => {
    expect(ADAPTERS.find((adapter) => adapter.detect(row))?.name).toBe(name);
  });
});
