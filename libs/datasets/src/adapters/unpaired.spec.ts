import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDataset } from '../reading/read-dataset';
import { openSource } from '../sources/open-source';

const folder = mkdtempSync(join(tmpdir(), 'unpaired-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of a file, read as single answers with labels. */
async function read(rows: readonly object[]) {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { adapter, examples, dropped } = await readDataset(await openSource(path), { kind: 'unpaired' });
  return {
    adapter,
    dropped,
    answers: examples.map(({ messages, label }) => [messages.at(-1)!.content, label]),
  };
}

it('a file of answers with labels: rows that have no readable label or no answer are left out', async () => {
  const row = (completion: unknown, label: unknown) => ({ prompt: 'Sky?', completion, label });
  expect(
    await read([
      row('Blue.', true),
      row('Green.', 0),
      row('Red.', 'False'),
      row('Pink.', 'maybe'),
      row('', true),
    ]),
  ).toEqual({
    adapter: 'unpaired-preference',
    answers: [
      ['Blue.', true],
      ['Green.', false],
      ['Red.', false],
    ],
    dropped: { 'wrongType:label': 1, emptyOutput: 1 },
  });
});

it('each pair is one good and one bad answer; a tie is left out', async () => {
  const pair = (chosen: string, rejected: string, more = {}) => ({
    prompt: 'Sky?',
    chosen,
    rejected,
    ...more,
  });
  expect(
    await read([
      pair('Blue.', 'Green.'),
      pair('Azure.', 'Red.', { weight: 0.2 }),
      pair('A.', 'B.', { weight: 0.5 }),
    ]),
  ).toEqual({
    adapter: 'preference',
    answers: [
      ['Blue.', true],
      ['Green.', false],
      ['Azure.', false],
      ['Red.', true],
    ],
    dropped: { tie: 1 },
  });
});

it('a dataset without labels is refused', async () => {
  await expect(read([{ instruction: 'Sky?', output: 'Blue.' }])).rejects.toThrow(
    /format holds no unpaired examples; it gives supervised/,
  );
});
