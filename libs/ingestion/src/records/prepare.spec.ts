import { type Converted, toMessages } from '@open-chatgpt/datasets';
import { intoOneBuffer } from '../threads/into-one-buffer';
import { createPreparation, type PreparedExample } from './prepare-example';
import { type PreparedRow, prepareRows } from './prepare-rows';

const prepare = createPreparation({ split: { evalFraction: 0.5 } });
const example = (text: string) => ({ messages: toMessages({ instruction: text, output: `${text}?` }) });
const raw = (text: string) => ({ example: example(text), dataset: 'd', row: 3 });

const CONTROLS = {
  repair: 'controlCharacters',
  before: '…is the colour of the sky\u0000',
  after: '…is the colour of the sky',
};

it('prepares an example, and shows what the rules corrected', () => {
  expect(prepare(raw(''))).toEqual({ repairs: [], dropped: 'emptyPrompt' });
  const kept = prepare(raw('What is the colour of the sky\u0000'));
  if ('dropped' in kept) throw new Error('it is a good example');
  expect(kept).toMatchObject({
    repairs: [CONTROLS, { ...CONTROLS, before: `${CONTROLS.before}?`, after: `${CONTROLS.after}?` }],
    language: 'en',
    characters: 59,
  });
  expect(JSON.parse(Buffer.from(kept.line).toString())).toEqual({
    instruction: 'What is the colour of the sky',
    input: '',
    output: 'What is the colour of the sky?',
    dataset: 'd',
    row: 3,
    language: 'en',
  });
});

it('computes nothing for duplicates, languages and splits that are disabled', () => {
  const plain = createPreparation({ dedup: { exact: false, near: false }, detectLanguage: false });
  const nothing = { signature: { exact: null, near: null }, prompt: null, language: 'und', split: 'train' };
  expect(plain(raw('What is this?'))).toMatchObject(nothing);
});

it('examples in one buffer are the same examples', () => {
  const examples = ['', 'What is the colour of the sky', '写诗', '?!'].map((text) => prepare(raw(text)));
  const [moved, [buffer]] = intoOneBuffer(examples);
  const bytes = (one: PreparedExample) => ('dropped' in one ? one : { ...one, line: [...one.line] });
  expect(moved.map(bytes)).toEqual(examples.map(bytes));
  for (const one of moved) if (!('dropped' in one)) expect(one.line.buffer).toBe(buffer);
});

it('prepareRows keeps the order of the rows and their examples, also before an error', async () => {
  async function* rows(): AsyncGenerator<Converted<ReturnType<typeof example>>> {
    for (let line = 1; line <= 700; line++) {
      if (line % 7 === 0) yield { line, row: null, dropped: 'bad' };
      else
        yield {
          line,
          row: line,
          examples: Array.from({ length: line % 3 }, () => example(`text ${line}`)),
          repairs: [],
        };
    }
    throw new Error('the power went out');
  }
  const seen: PreparedRow[] = [];
  const work = {
    concurrency: 3,
    prepare: async (examples: Parameters<typeof prepare>[0][]) => examples.map(prepare),
  };
  const read = async () => {
    for await (const row of prepareRows(rows(), 'd', work)) seen.push(row);
  };
  await expect(read()).rejects.toThrow('the power went out');
  expect(seen.map(({ line }) => line)).toEqual(Array.from({ length: 700 }, (_, index) => index + 1));
  for (const row of seen) {
    if ('dropped' in row) continue;
    expect(row.prepared).toHaveLength(row.line % 3);
    for (const one of row.prepared)
      expect('line' in one && JSON.parse(Buffer.from(one.line).toString()).row).toBe(row.line);
  }
});
