import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@open-chatgpt/datasets';
import { ingest } from './ingest';
import { openIngestRequest } from './request';

let root: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'ingested-'));
  const rows = Array.from({ length: 20 }, (_, i) => ({
    instruction: `What is ${i}?`,
    output: `It is ${i}.`,
  }));
  writeFileSync(join(root, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const request = { sources: [{ source: join(root, 'rows.jsonl') }], split: { evalFraction: 0.2 } };
  const opened = await openIngestRequest(request, { openTokenizer: () => Promise.reject(new Error('none')) });
  await ingest({ ...opened, output: join(root, 'set') });
});
afterEach(() => rmSync(root, { recursive: true }));

const read = async (kind: 'supervised' | 'preference' | 'prompts', split: 'train' | 'eval' = 'train') => {
  const dataset = await openDataset(join(root, 'set'));
  const found = [];
  for await (const example of dataset.examples(kind, split)) found.push(example);
  return found;
};

it('reads the examples of each split with their origin, and prompts too', async () => {
  const train = await read('supervised');
  const held = await read('supervised', 'eval');
  expect(train.length + held.length).toBe(20);
  expect(train[0]).toEqual({
    messages: [
      { role: 'user', content: 'What is 0?' },
      { role: 'assistant', content: 'It is 0.' },
    ],
    dataset: join(root, 'rows.jsonl'),
    row: 1,
    language: 'en',
  });
  expect((await read('prompts'))[0]).toEqual({ messages: [{ role: 'user', content: 'What is 0?' }] });
});

it.each<[string, () => void, RegExp]>([
  [
    'an altered record',
    () => {
      const path = join(root, 'set/records/train.jsonl');
      writeFileSync(path, readFileSync(path, 'utf8').replace('It is 0', 'It was 0'));
    },
    /train\.jsonl: not the file that dataset\.json describes/,
  ],
  [
    'a record more',
    () => appendFileSync(join(root, 'set/records/train.jsonl'), '{"instruction": 5}\n'),
    /train\.jsonl, line \d+: the field "dataset"/,
  ],
  ['no manifest', () => rmSync(join(root, 'set/dataset.json')), /no dataset\.json; expected a folder that/],
  ['a broken manifest', () => writeFileSync(join(root, 'set/dataset.json'), '{'), /dataset\.json: no JSON/],
  [
    'a manifest that leads elsewhere',
    () => {
      const path = join(root, 'set/dataset.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('records/train.jsonl', '../rows.jsonl'));
    },
    /expected a path inside the dataset/,
  ],
])('%s is refused', async (_, spoil, message) => {
  spoil();
  await expect(read('supervised')).rejects.toThrow(message);
});

it('names its kind when another one is requested', async () => {
  await expect(read('preference')).rejects.toThrow(/holds supervised examples; expected preference/);
});

it('keeps texts without turns as they are; they have no prompts', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    text: `### Human: What is ${i}?### Assistant: It is ${i}.`,
  }));
  writeFileSync(join(root, 'texts.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const request = { sources: [{ source: join(root, 'texts.jsonl') }], split: { evalFraction: 0.2 } };
  const opened = await openIngestRequest(request, { openTokenizer: () => Promise.reject(new Error('none')) });
  await ingest({ ...opened, dedup: { near: false }, output: join(root, 'texts') });
  const dataset = await openDataset(join(root, 'texts'));
  const { train, eval: heldOut } = dataset.manifest.splits;
  expect(train.records.rows + heldOut.records.rows).toBe(20);
  // Each text has its own place, so that some are held out.
  expect(heldOut.records.rows).toBeGreaterThan(0);
  for await (const example of dataset.examples('supervised', 'train')) {
    const { text } = rows[example.row - 1];
    expect(example).toMatchObject({ messages: [{ role: 'assistant', content: text }], plain: true });
  }
  await expect(dataset.examples('prompts', 'train').next()).rejects.toThrow(
    /holds texts without turns, and no prompts/,
  );
});
