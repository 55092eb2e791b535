import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ADAPTERS,
  type Adapter,
  convertRows,
  type Example,
  fromRecord,
  type RawRow,
  readLines,
  shownRow,
  toMessages,
  toRecord,
} from '@open-chatgpt/datasets';
import { detectLanguage } from '../language';
import { comparisonOf } from './comparison';
import { DropLog } from './drop-log';
import { Mixer } from './mixer';
import { Statistics } from './statistics';
import { readGrowing, WriteProgress } from './write-progress';

describe('detectLanguage', () => {
  it.each([
    ['Give three tips for staying healthy. Eat well, and sleep as long as you can.', 'en'],
    ['What is 3 plus 4?', 'en'],
    ["Provide a synonym for 'beautiful'. A synonym for it is 'stunning'.", 'en'],
    ['Rewrite: the cat sat on a mat.', 'en'],
    ['def f(x): return x+1', 'und'],
    ['const a = b.map((c) => c[0]); // [[x]](https://example.org/a/b)\nfoo({ bar: 1 });', 'und'],
    [
      '- `npm i x`: see [the docs](https://example.org/docs) for what is [new](https://example.org/new)',
      'en',
    ],
    ['给出三个保持健康的建议。', 'zh'],
    ['写', 'und'],
    ['写诗', 'zh'],
    ['用 Python 写一个函数，计算 list 的平均值 average', 'zh'],
    ['こんにちは世界', 'ja'],
    ['안녕하세요', 'ko'],
    ['¿Cuáles son los tres colores primarios y por qué se llaman así?', 'es'],
    ['Wie heißt die Hauptstadt von Deutschland, und wo liegt sie?', 'de'],
    ['Привет, как дела? Расскажи мне о себе.', 'ru'],
    ['12345 + 1', 'und'],
    ['', 'und'],
  ])('%p is %s', (text, language) => expect(detectLanguage(text)).toBe(language));
});

describe('records', () => {
  const origin = { dataset: 'd', row: 7, language: 'en' };
  const turn = (role: 'user' | 'assistant' | 'system', content: string) => ({ role, content });
  it.each<[string, 'supervised' | 'preference' | 'prompts', Example, string]>([
    [
      'an instruction',
      'supervised',
      { messages: toMessages({ instruction: 'q', output: 'a' }) },
      'instruction,input,output',
    ],
    [
      'with input',
      'supervised',
      { messages: toMessages({ instruction: 'q', input: 'i', output: 'a' }) },
      'instruction,input,output',
    ],
    [
      'turns',
      'supervised',
      { messages: [turn('system', 's'), turn('user', 'q'), turn('assistant', 'a')] },
      'messages',
    ],
    [
      'a pair',
      'preference',
      { prompt: [turn('user', 'q')], chosen: 'a', rejected: 'b', margin: 0.5 },
      'prompt,chosen,rejected,margin',
    ],
    ['a prompt', 'prompts', { messages: [turn('user', 'q')], answer: '7' }, 'messages,answer'],
  ])('%s comes back from JSON', (_, kind, example, fields) => {
    const record = JSON.parse(JSON.stringify(toRecord(example, origin)));
    expect(Object.keys(record).join()).toBe(`${fields},dataset,row,language`);
    expect(fromRecord(record, kind, 'x')).toMatchObject({ ...example, ...origin });
  });

  it.each<[unknown, 'supervised' | 'preference', string]>([
    [null, 'supervised', 'dataset'],
    [{ ...origin, instruction: 'q', input: '' }, 'supervised', 'output'],
    [{ ...origin, messages: [{ role: 'robot', content: '' }] }, 'supervised', 'messages'],
    [{ ...origin, prompt: 'q', chosen: 'a', rejected: 'b' }, 'preference', 'prompt'],
    [{ ...origin, dataset: 1, messages: [] }, 'supervised', 'dataset'],
  ])('refuses %j', (record, kind, field) => {
    expect(() => fromRecord(record, kind, 'x.jsonl, line 3')).toThrow(
      `x.jsonl, line 3: the field "${field}"`,
    );
  });
});

describe('convertRows', () => {
  async function* stream(rows: RawRow[]) {
    yield* rows;
  }
  const collect = async (rows: RawRow[], name: string, kind: 'supervised' | 'prompts') => {
    const converted = [];
    const adapter = ADAPTERS.find((candidate) => candidate.name === name) as Adapter;
    for await (const one of convertRows(stream(rows), adapter, kind)) converted.push(one);
    return converted;
  };

  it('groups the messages of a tree, and continues after a broken row', async () => {
    const message = (line: number, id: string, parent: string | null, role: string, tree: string) => ({
      line,
      value: { message_id: id, parent_id: parent, role, text: id, message_tree_id: tree },
    });
    const rows: RawRow[] = [
      message(1, 'q1', null, 'prompter', 't1'),
      message(2, 'a1', 'q1', 'assistant', 't1'),
      { line: 3, reason: 'brokenJson', text: '{' },
      message(4, 'q2', null, 'prompter', 't2'),
      message(5, 'a2', 'q2', 'assistant', 't2'),
      { line: 6, value: 'text' },
    ];
    const converted = await collect(rows, 'oasst', 'supervised');
    expect(converted.map((one) => [one.line, 'dropped' in one ? one.dropped : one.examples.length])).toEqual([
      [3, 'brokenJson'],
      [6, 'notAnObject'],
      [1, 1],
      [4, 1],
    ]);
  });

  it('takes the messages before the answer as the prompt', async () => {
    const [one] = await collect(
      [
        {
          line: 1,
          value: {
            messages: [
              { role: 'user', content: 'q' },
              { role: 'assistant', content: 'a' },
            ],
          },
        },
      ],
      'messages',
      'prompts',
    );
    expect(one).toMatchObject({ examples: [{ messages: [{ role: 'user', content: 'q' }] }] });
  });
});

it('comparisonOf: the part that many rows share must be equal, the rest similar', () => {
  const row = { messages: toMessages({ instruction: 'q', input: 'i', output: 'a' }) };
  expect(comparisonOf(row, 'example')).toEqual({ fixed: 'q', text: 'i\na' });
  expect(comparisonOf(row, 'prompt')).toEqual({ fixed: 'q', text: 'i' });
  const pair = { prompt: toMessages({ instruction: 'q', output: 'a' }), chosen: 'c', rejected: 'r' };
  expect(comparisonOf(pair, 'example')).toEqual({ fixed: 'q\na\nc', text: 'r' });
  expect(comparisonOf(pair, 'prompt')).toEqual({ fixed: '', text: 'q' });
});

describe('Mixer', () => {
  const take = (mixer: Mixer, count: number, examples = (_: number) => 1) =>
    Array.from({ length: count }, () => {
      const source = mixer.next();
      if (source !== null) mixer.took(source, examples(source));
      return source;
    });

  it('stays in proportion to within one row, from any state', () => {
    const weights = [5, 2, 1];
    const mixer = new Mixer(weights, 'everySource');
    const taken = [0, 0, 0];
    for (const [index, source] of take(mixer, 400).entries()) {
      taken[source as number]++;
      weights.forEach((weight, s) => {
        expect(Math.abs(taken[s] - ((index + 1) * weight) / 8)).toBeLessThanOrEqual(1);
      });
    }
    const again = new Mixer(weights, 'everySource');
    again.restore(JSON.parse(JSON.stringify(mixer.save())));
    expect(take(again, 50)).toEqual(take(mixer, 50));
  });

  it('counts examples and not rows, and ends as mixEnd says', () => {
    const every = new Mixer([1, 1], 'everySource');
    expect(take(every, 4, (source) => (source === 0 ? 3 : 1))).toEqual([0, 1, 1, 1]);
    every.ended(1);
    expect(every.next()).toBe(0);
    every.ended(0);
    expect(every.next()).toBeNull();
    const any = new Mixer([1, 1], 'anySource');
    any.ended(1);
    expect(any.next()).toBeNull();
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the weight %p', (weight) => {
    expect(() => new Mixer([1, weight], 'anySource')).toThrow(/weight of source 1/);
  });
});

describe('counting', () => {
  it('keeps the first rows of each reason, shortened', () => {
    const log = new DropLog();
    for (let row = 0; row < 5; row++)
      log.add('bad', { dataset: row % 2 ? 'a' : 'b', row }, () => ({
        text: shownRow({ text: 'x'.repeat(1000) }),
      }));
    expect(log.counts['bad']).toMatchObject({ count: 5, byDataset: { a: 2, b: 3 } });
    expect(log.counts['bad'].examples.map(({ row, text }) => [row, text.length])).toEqual([
      [0, 200],
      [1, 200],
      [2, 200],
    ]);
  });

  it('puts lengths into doubling buckets', () => {
    const statistics = new Statistics();
    for (const length of [0, 1, 2, 3, 4, 5, 128, 129]) statistics.add('d', 'en', length);
    expect(statistics.table['d']['en']).toEqual({
      rows: 8,
      total: 272,
      longest: 129,
      histogram: { 1: 2, 2: 1, 4: 2, 8: 1, 128: 1, 256: 1 },
    });
  });
});

it('readGrowing and readLines read every line, from any offset on, also those written later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const path = join(folder, 'a.jsonl');
  const lines = Array.from({ length: 3000 }, (_, i) => '诗'.repeat(i % 300));
  const part = (from: number, to: number) =>
    lines
      .slice(from, to)
      .map((line) => `${line}\n`)
      .join('');
  const read = async (start: number, progress: WriteProgress) => {
    const found = [];
    for await (const line of readLines(readGrowing(path, progress, start))) found.push(line.toString());
    return found;
  };
  const progress = { all: new WriteProgress(), later: new WriteProgress() };
  const all = read(0, progress.all);
  const later = read(Buffer.byteLength(part(0, 1500)), progress.later);
  const counts = [0, 700, 1400, 1600, 3000];
  for (const [index, to] of counts.slice(1).entries()) {
    appendFileSync(path, part(counts[index], to));
    const { size } = statSync(path);
    for (const one of Object.values(progress)) one.advance(size);
    await new Promise((done) => setTimeout(done, 20));
  }
  for (const one of Object.values(progress)) one.end();
  expect(await all).toEqual(lines);
  expect(await later).toEqual(lines.slice(1500));
  rmSync(folder, { recursive: true });
});

it('readGrowing waits, and throws the error that ends the writing', async () => {
  const progress = new WriteProgress();
  const reading = readGrowing(join(tmpdir(), 'not-yet-there'), progress, 0).next();
  let settled = false;
  reading.then(
    () => undefined,
    () => {
      settled = true;
    },
  );
  await new Promise((done) => setTimeout(done, 20));
  expect(settled).toBe(false);
  progress.end({ error: new Error('no more') });
  await expect(reading).rejects.toThrow('no more');
});

describe('counts of several threads', () => {
  it('merge into the counts of one', () => {
    const whole = { log: new DropLog(), statistics: new Statistics() };
    const together = { log: new DropLog(), statistics: new Statistics() };
    for (let part = 0; part < 4; part++) {
      const own = { log: new DropLog(), statistics: new Statistics() };
      for (let row = 0; row < 5; row++) {
        const reason = (part + row) % 2 ? 'bad' : 'worse';
        for (const { log, statistics } of [whole, own]) {
          log.add(reason, { dataset: `d${row % 2}`, row: part * 5 + row }, () => ({ text: `row ${row}` }));
          statistics.add(`d${row % 2}`, row % 3 ? 'en' : 'zh', 1 + part * row * 40);
        }
      }
      together.log.merge(own.log.counts);
      together.statistics.merge(own.statistics.table);
    }
    expect(JSON.stringify(together.log.counts)).toBe(JSON.stringify(whole.log.counts));
    expect(JSON.stringify(together.statistics.table)).toBe(JSON.stringify(whole.statistics.table));
  });
});
