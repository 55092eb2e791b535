import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DatasetKind } from '../adapters/adapter';
import { readDataset } from './read-dataset';

const folder = mkdtempSync(join(tmpdir(), 'faithful-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const good = { instruction: 'Name a nut.', input: '', output: 'A walnut.' };

/** What becomes of the rows of a file. */
async function read<K extends DatasetKind = 'supervised'>(
  rows: readonly unknown[],
  kind: K = 'supervised' as K,
  adapter?: string,
) {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return readDataset(path, { kind, adapter });
}

/** The first example of a file, whose last row is good. */
async function first(row: unknown, kind: DatasetKind = 'supervised') {
  const { examples, dropped } = await read([row], kind);
  expect(dropped).toEqual({});
  return examples[0];
}

const system = (content: string) => ({ role: 'system', content });
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const unlearned = (content: string) => ({ role: 'assistant', content, learned: false });

describe('what a row says beside question and answer is used', () => {
  const turns = [user('Where is the nearest star?'), assistant('At 8 light minutes.')];
  const row = { instruction: 'And the next one?', input: '', output: 'At 4 light years.' };
  const last = [user('And the next one?'), assistant('At 4 light years.')];

  it.each<[string, object, unknown[]]>([
    ['system', { ...row, system: 'You are an astronomer.' }, [system('You are an astronomer.'), ...last]],
    ['no system text', { ...row, system: ' ' }, last],
    [
      'history',
      { ...row, history: [['Where is the nearest star?', 'At 8 light minutes.']] },
      [...turns, ...last],
    ],
    [
      'history as objects',
      { ...row, history: [{ prompt: 'Where is the nearest star?', response: 'At 8 light minutes.' }] },
      [...turns, ...last],
    ],
    [
      'both',
      { ...row, history: [['Where is the nearest star?', 'At 8 light minutes.']], system: 'Be brief.' },
      [system('Be brief.'), ...turns, ...last],
    ],
    ['no history', { ...row, history: [], system: null }, last],
    [
      'history as JSON in a cell',
      { ...row, history: '[["Where is the nearest star?", "At 8 light minutes."]]' },
      [...turns, ...last],
    ],
    [
      'a system text beside messages',
      { messages: turns, system_prompt: 'You are an astronomer.' },
      [system('You are an astronomer.'), ...turns],
    ],
    [
      'a system text that the messages have too',
      { conversations: [{ from: 'system', value: 'Be brief.' }, ...asShareGpt(turns)], system: 'Be brief.' },
      [system('Be brief.'), ...turns],
    ],
  ])('%s', async (_, given, messages) => {
    expect(await first(given)).toEqual({ messages });
  });

  it('in prompts and pairs too', async () => {
    const context = { system: 'Be brief.', history: [['Where is the nearest star?', 'At 8 light minutes.']] };
    const prompt = [system('Be brief.'), ...turns, user('And the next one?')];
    expect(await first({ ...row, ...context }, 'prompts')).toEqual({ messages: prompt });
    const pair = { prompt: 'And the next one?', chosen: 'At 4 light years.', rejected: 'No idea.' };
    expect(await first({ ...pair, ...context }, 'preference')).toEqual({ ...pair, prompt });
  });

  it.each<[string, unknown[], unknown[]]>([
    [
      'weight',
      [user('a'), { ...assistant('bad'), weight: 0 }, user('b'), { ...assistant('good'), weight: 1 }],
      [user('a'), unlearned('bad'), user('b'), assistant('good')],
    ],
    [
      'train',
      [user('a'), { ...assistant('bad'), train: false }, user('b'), assistant('good')],
      [user('a'), unlearned('bad'), user('b'), assistant('good')],
    ],
    [
      'loss',
      [user('a'), { ...assistant('good'), loss: true }, user('b'), { ...assistant('bad'), loss: false }],
      [user('a'), assistant('good'), user('b'), unlearned('bad')],
    ],
    [
      'answers of one turn that differ',
      [user('a'), { ...assistant('bad'), weight: 0 }, assistant('good')],
      [user('a'), unlearned('bad'), assistant('good')],
    ],
  ])('an answer that the row marks by %s is read and not learned', async (_, messages, want) => {
    expect(await first({ messages })).toEqual({ messages: want });
  });

  it('also in ShareGPT', async () => {
    const conversations = [
      { from: 'human', value: 'a' },
      { from: 'gpt', value: 'bad', weight: 0 },
      { from: 'human', value: 'b' },
      { from: 'gpt', value: 'good' },
    ];
    const messages = [user('a'), unlearned('bad'), user('b'), assistant('good')];
    expect(await first({ conversations })).toEqual({ messages });
  });

  it.each<[string, object]>([
    ['texts', { chosen: 'Paris.', rejected: 'No idea.' }],
    ['turns', { chosen: { from: 'gpt', value: 'Paris.' }, rejected: { from: 'gpt', value: 'No idea.' } }],
    ['messages', { chosen: [assistant('Paris.')], rejected: [assistant('No idea.')] }],
  ])('a conversation with two answers is a pair, with %s', async (_, answers) => {
    const prompt = [user('A country?'), assistant('France.'), user('Its capital?')];
    const rows = [{ conversations: asShareGpt(prompt), ...answers }];
    const pair = { prompt, chosen: 'Paris.', rejected: 'No idea.' };
    expect((await read(rows, 'preference')).examples).toEqual([pair]);
  });
});

function asShareGpt(messages: { role: string; content: string }[]) {
  return messages.map(({ role, content }) => ({ from: role === 'user' ? 'human' : 'gpt', value: content }));
}

describe('a row with a field that is not used is left out, and the reason names the field', () => {
  const talk = (more: object, turn: object = {}) => ({
    messages: [user('a'), { ...assistant('b'), ...turn }],
    ...more,
  });
  it.each<[string, object]>([
    ['unused:images', { ...good, images: ['nut.png'] }],
    ['unused:label', { ...good, label: false }],
    ['unused:chosen', { ...good, chosen: 'A hazelnut.', rejected: 'A pear.' }],
    ['unused:context', { ...good, context: 'Trees.' }],
    ['unused:weight', { ...good, weight: 0 }],
    ['unused:train', { ...good, train: false }],
    ['unused:reasoning_content', { ...good, reasoning_content: 'Nuts are …' }],
    ['wrongType:tools', talk({ tools: [{ type: 'search' }] })],
    ['unused:tools', talk({}, { tools: [{ name: 'search' }] })],
    ['unused:rejected', talk({ rejected: [assistant('c')] })],
    ['unused:mask', talk({}, { mask: true })],
    ['unused:reasoning_content', talk({}, { reasoning_content: 'hm' })],
    ['wrongType:weight', talk({}, { weight: 0.5 })],
    ['weightsContradict', talk({}, { weight: 0, train: true })],
    ['noAnswerToLearn', talk({}, { weight: 0 })],
    ['learnedTurn:user', { messages: [{ ...user('a'), train: true }, assistant('b')] }],
    ['twoSystemTexts', { messages: [system('s'), user('a'), assistant('b')], system: 't' }],
    ['wrongType:history', { ...good, history: [['only a question']] }],
    ['empty:history', { ...good, history: [['', 'an answer']] }],
  ])('%s', async (reason, row) => {
    const rows = [row, 'messages' in row ? talk({}) : good];
    const { examples, dropped } = await read(rows, 'supervised', 'messages' in row ? 'messages' : 'alpaca');
    expect([examples.length, dropped]).toEqual([1, { [reason]: 1 }]);
  });

  it.each<[string, object]>([
    ['that says nothing', { ...good, weight: 1, train: true, tools: [], images: null, label: '' }],
    [
      'that says nothing in a cell',
      { ...good, weight: '1.0', train: 'True', tools: '[]', history: '[]', images: 'null' },
    ],
    ['whose text is in the example', { ...good, context: 'walnut' }],
    ['of a pair whose better answer is the output', { ...good, chosen: good.output, rejected: 'A pear.' }],
    ['that says how the answer was made', { ...good, reasoning: 'off', thinking: false }],
    ['that is unknown', { ...good, id: 7, source: 'me', category: 'trees' }],
    ['of another layout that repeats the example', { ...talk({}), prompt: 'a', conversation: [user('a')] }],
  ])('but not for a field %s', async (_, row) => {
    const adapter = 'chosen' in row ? 'alpaca' : undefined;
    expect((await read([row], 'supervised', adapter)).dropped).toEqual({});
  });

  it('prompts need no answer', async () => {
    expect((await read([{ ...good, label: false, weight: 0 }], 'prompts')).dropped).toEqual({});
  });
});

describe('the text of a row is not changed', () => {
  it.each<[string, string, string]>([
    ['indentation', 'Complete:\n\ndef add(a, b):\n', '    total = a + b\n    return total\n'],
    ['a Chinese paragraph', '写一段', '\u3000\u3000从前有一座山。\n'],
    ['LaTeX in Chinese', '解释命令', '\\nabla f 是梯度，\\neq 是不等于，\\nu 是字母。'],
    ['code in Chinese', '拆分', "用 text.split('\\n') 或 re.split(r'\\n+', text)。"],
    ['a path in Chinese', '路径', 'C:\\new\\names 和 D:\\n数据'],
    ['literal line ends in Chinese', '问：\\n\n', '第一行\\n第二行'],
    ['a self-reference in Chinese', '你是谁', '作为一个语言模型，我没有名字。'],
    ['HTML', 'Only the HTML.', '<p>It is <code>x</code> &amp; y</p>'],
    ['a list in HTML', 'A list in HTML.', '<ul>\n  <li>One</li>\n</ul>'],
    ['a link', 'Summarize https://example.org', 'An example.'],
    ['a reference mark', 'What does a[1] give?', 'The second element [1].'],
    ['a role inside', 'Label it.', 'The label "Assistant:" begins a turn.\n\nAssistant: yes'],
    ['no output', 'What does `pass` print?', 'No output.'],
    ['a stream operator', 'Print x.', 'std::cout << x << y;\n#### Notes\nvector<pair<int>> v;'],
  ])('%s', async (_, instruction, output) => {
    const messages = [user(instruction), assistant(output)];
    for (const row of [
      { instruction, input: '', output },
      { messages },
      { conversations: asShareGpt(messages) },
      { prompt: instruction, completion: output },
      { instruction, context: '', response: output, category: 'c' },
      { prompt: instruction, response: output, source: 's' },
      { question: instruction, answer: output },
    ]) {
      const { examples, repaired } = await read([row]);
      expect([examples, repaired]).toEqual([[{ messages }], {}]);
    }
    const rejected = `${output} (worse)`;
    const pair = { prompt: instruction, chosen: output, rejected };
    expect((await read([pair], 'preference')).examples).toEqual([{ ...pair, prompt: [user(instruction)] }]);
  });

  it('nor is a reference mark in a context', async () => {
    const row = {
      instruction: 'Sum up.',
      context: 'Rain falls [1].',
      response: 'Rain [1].',
      category: 'closed_qa',
    };
    const [{ messages }] = (await read([row])).examples;
    expect(messages.map(({ content }) => content)).toEqual(['Sum up.\n\nRain falls [1].', 'Rain [1].']);
  });

  it('three cells without names are no chain of thought', async () => {
    const cells = Array.from({ length: 30 }, (_, i) =>
      JSON.stringify([`Is ${i} odd?`, 'no', `${i} is a number`]),
    );
    await expect(read(cells)).rejects.toThrow(/no adapter recognizes|cannot tell/);
  });
});

describe('the faults of one dataset are corrected where its name is given or its rows prove it', () => {
  const shown = async (rows: unknown[], adapter?: string) => {
    const { repaired, examples } = await read(rows, 'supervised', adapter);
    const counts = Object.entries(repaired).map(
      ([
        name,
        {
          rows: count,
          first: { before, after },
        },
      ]) => [name, count, before, after],
    );
    return { texts: examples.map(({ messages }) => messages.map(({ content }) => content)), counts };
  };

  it('BELLE by name, except where it looks like LaTeX, a path or a program', async () => {
    const rows = [
      { instruction: '写诗：\\n\n', input: '', output: '春\\n夏' },
      { instruction: '算梯度', input: '', output: '\\nabla f\\n2' },
      { instruction: '路径', input: '', output: 'C:\\new\\names' },
      { instruction: '拆分', input: '', output: "split('\\n')" },
    ];
    const { texts, counts } = await shown(rows, 'belle');
    expect(texts).toEqual([
      ['写诗：\n\n', '春\n夏'],
      ...rows.slice(1).map((row) => [row.instruction, row.output]),
    ]);
    expect(counts).toEqual([['literalLineEnds', 1, '写诗：\\n\n', '写诗：\n\n']]);
  });

  it('FLAN chain of thought by many rows', async () => {
    const cells = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify([`Is ${i} odd?`, i % 2 ? 'yes' : 'no', `${i} mod 2 is ${i % 2}`]),
    );
    expect((await read(cells)).adapter).toBe('flan-cot');
    expect((await shown(cells.slice(0, 2), 'flan-cot')).texts[0]).toEqual([
      'Is 0 odd?',
      '0 mod 2 is 0\nSo the answer is no.',
    ]);
  });

  it('Dolly by its categories', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => ({
      instruction: `When did it rain ${i}?`,
      context: i === 7 ? 'It rained in 1990.[12]' : '',
      response: 'In 1990.',
      category: 'closed_qa',
    }));
    const { counts } = await shown(rows);
    expect(counts).toEqual([['referenceMarks', 1, 'It rained in 1990.[12]', 'It rained in 1990.']]);
    expect((await shown(rows.slice(0, 50))).counts).toEqual([]);
  });

  it('saved pages by many answers', async () => {
    const page = (i: number) => `<div class="markdown prose"><p>It is ${i} &lt; ${i + 1}</p></div>`;
    const talk = (value: string) => ({ conversations: asShareGpt([user('<p>Why?'), assistant(value)]) });
    const rows = Array.from({ length: 12 }, (_, i) => talk(page(i)));
    const { texts, counts } = await shown(rows);
    expect(texts[3]).toEqual(['<p>Why?', 'It is 3 < 4']);
    expect(counts).toEqual([['htmlToText', 12, page(0), 'It is 0 < 1']]);
    expect((await read(rows)).adapter).toBe('sharegpt-html');
    expect((await shown([...rows.slice(0, 5), talk('plain')])).counts).toEqual([]);
    expect((await shown(Array.from({ length: 30 }, () => talk('<div class="box">x</div>')))).counts).toEqual(
      [],
    );
  });

  it('the mark of an instruction without input', async () => {
    const rows = ['<noinput>', '<no input>', 'No input'].map((input) => ({ ...good, input }));
    const { texts, counts } = await shown(rows);
    expect(texts.map(([question]) => question)).toEqual([
      'Name a nut.',
      'Name a nut.',
      'Name a nut.\n\nNo input',
    ]);
    expect(counts).toEqual([['noInput', 2, '<noinput>', '']]);
  });

  it('GSM8K shows what it removes', async () => {
    const { texts, counts } = await shown([{ question: '2+2?', answer: '2+2=<<2+2=4>>4\n#### 4' }]);
    expect(texts).toEqual([['2+2?', '2+2=4\n#### 4']]);
    expect(counts).toEqual([['calculatorMarks', 1, '2+2=<<2+2=4>>4\n#### 4', '2+2=4\n#### 4']]);
  });

  it('pairs that are read as conversations lose their worse answers', async () => {
    const rows = [{ prompt: 'q', chosen: 'a', rejected: 'b' }];
    expect((await shown(rows)).counts).toEqual([['worseAnswersUnused', 1, 'rejected: b', '']]);
  });

  it('what a conversation loses is counted', async () => {
    const rows = [
      { messages: [assistant('Hello.'), user('a'), assistant('b'), user('c')] },
      { messages: [user('a'), user('b'), assistant(''), assistant('c')] },
    ];
    const { texts, counts } = await shown(rows);
    expect(texts).toEqual([
      ['a', 'b'],
      ['a\n\nb', 'c'],
    ]);
    expect(counts.map(([name, count]) => [name, count])).toEqual([
      ['answersBeforeQuestion', 1],
      ['questionsWithoutAnswer', 1],
      ['joinedTurns', 1],
      ['emptyTurns', 1],
    ]);
  });
});

describe('one bad row costs itself', () => {
  it.each<[string, string, string]>([
    [
      'half an emoji in an answer',
      '{"instruction":"Cut","input":"","output":"A smile \\ud83d"}',
      'invalidUnicode',
    ],
    [
      'half an emoji in a question',
      '{"instruction":"\\ude00 what?","input":"","output":"It is cut."}',
      'invalidUnicode',
    ],
    [
      'half an emoji in the history',
      '{"instruction":"a","output":"b","history":[["\\ud83d","c"]]}',
      'invalidUnicode',
    ],
    [
      'half an emoji in the system text',
      '{"instruction":"a","output":"b","system":"\\udbff"}',
      'invalidUnicode',
    ],
    ['broken JSON', '{"instruction":"a","output":', 'brokenJson'],
    ['a number', '17', 'notAnObject'],
    ['a text', '"hello"', 'notAnObject'],
    ['nothing', 'null', 'notAnObject'],
    ['blanks', `{"instruction":"a","output":"${' '.repeat(200_000)}"}`, 'emptyOutput'],
    ['a name of the language', '{"__proto__":{"instruction":"x"},"constructor":1}', 'missing:instruction'],
  ])('%s', async (_, line, reason) => {
    const { examples, dropped } = await read([line, good, good, good]);
    expect([examples.length, dropped]).toEqual([3, { [reason]: 1 }]);
  });

  it('and a whole emoji costs nothing', async () => {
    expect(
      (await read(['{"instruction":"\\ud83d\\ude00?","output":"A grin \\ud83d\\ude00."}'])).examples,
    ).toHaveLength(1);
  });
});

/** The cases of the issue, in a folder beside the repository. */
const cases = resolve(__dirname, '../../../../../shared/cases');
const present = existsSync(cases);
if (!present)
  console.warn(`the reported files are absent (${cases}): their tests are skipped, or fail where CI=true.`);

(present || process.env['CI'] === 'true' ? describe : describe.skip)('reported files', () => {
  it.each<[string, DatasetKind, number, Record<string, number>]>([
    ['data-formats/prompt_completion.jsonl', 'supervised', 6, {}],
    ['data-formats/trl_pref.jsonl', 'preference', 6, {}],
    ['data-formats/implicit.jsonl', 'preference', 6, {}],
    ['data-formats/openai_parts.jsonl', 'supervised', 6, {}],
    ['data-formats/prompts_only.jsonl', 'prompts', 6, {}],
    ['data-formats/text.jsonl', 'supervised', 6, {}],
    ['data-formats/kto.jsonl', 'supervised', 3, { labelIsFalse: 3 }],
    ['data-formats/qa.csv', 'supervised', 6, {}],
    ['data-formats/excel.csv', 'supervised', 6, {}],
    ['known-columns-under-other-names/conv-role-content.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/conversation-singular.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/prompt-completion.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/prompt-completion-conv.jsonl', 'supervised', 4, {}],
    ['known-columns-under-other-names/messages-parts.jsonl', 'supervised', 2, {}],
    ['known-columns-under-other-names/sharegpt-odd-roles.jsonl', 'supervised', 7, {}],
    ['conversational-preference-with-prompt/pref-explicit-conv.jsonl', 'preference', 3, {}],
    ['conversational-preference-with-prompt/pref-implicit.jsonl', 'preference', 3, {}],
    ['csv-written-by-pandas/index.csv', 'supervised', 2, {}],
    ['csv-written-by-pandas/unnamed.csv', 'supervised', 1, {}],
    ['csv-header-with-blanks/spacehead.csv', 'supervised', 1, {}],
    ['alpaca-history-and-system/alpaca-history.jsonl', 'supervised', 2, {}],
    ['alpaca-history-and-system/history.parquet', 'supervised', 1, {}],
    ['messages-with-weight-zero/messages-weight.jsonl', 'supervised', 2, {}],
    ['sharegpt-preference/pref-lf.jsonl', 'preference', 3, {}],
    ['sharegpt-preference/pref-lf-multi.jsonl', 'preference', 2, {}],
    ['chinese-answers-with-backslash-n/zh-code.jsonl', 'supervised', 2, {}],
    ['sharegpt-answers-that-are-html/sharegpt-html-code.jsonl', 'supervised', 2, {}],
    ['sharegpt-answers-that-are-html/sharegpt-idx.jsonl', 'supervised', 3, {}],
    ['answers-that-begin-with-blanks/leading-indent.jsonl', 'supervised', 2, {}],
    ['half-an-emoji/sur2.jsonl', 'supervised', 30, { invalidUnicode: 1 }],
    ['half-an-emoji/surrogates.jsonl', 'supervised', 2, { invalidUnicode: 1 }],
  ])('%s', async (name, kind, count, left) => {
    const { examples, dropped, repaired } = await readDataset(join(cases, name), { kind });
    expect([examples.length, dropped, repaired]).toEqual([count, left, {}]);
  });
});
