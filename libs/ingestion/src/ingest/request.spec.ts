import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chatTemplateNames, type IngestRequest } from '@open-chatgpt/pipeline';
import { buildTokenizer, CHAT_TEMPLATE_NAMES, loadTokenizer } from '@open-chatgpt/tokenizer';
import { openIngestRequest, parseIngestRequest } from './request';

let root: string;
const file = (name: string, row: object) => {
  writeFileSync(join(root, name), `${JSON.stringify(row)}\n`);
  return join(root, name);
};
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'request-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const opened = (request: IngestRequest) =>
  openIngestRequest(request, { threads: 3, openTokenizer: async () => loadTokenizer(buildTokenizer('abc')) });

it.each([
  [{ prompt: 'a', chosen: 'b', rejected: 'c' }, undefined, 'preference', 'preference'],
  [{ instruction: 'a', output: 'b' }, undefined, 'supervised', 'alpaca'],
  [{ instruction: 'a', output: 'b' }, 'alpaca', 'supervised', 'alpaca'],
])('%j is read as what it holds', async (row, adapter, kind, name) => {
  const found = await opened({ sources: [{ source: file('rows.jsonl', row), adapter, weight: 2 }] });
  expect(found.kind).toBe(kind);
  expect(found.sources[0]).toMatchObject({
    adapter: { name },
    weight: 2,
    files: [{ size: expect.any(Number) }],
  });
});

it('reads the columns that the request names', async () => {
  const source = file('table.jsonl', { frage: 'q', antwort: 'a' });
  const columns = { prompt: 'frage', output: 'antwort' };
  const found = await opened({ sources: [{ source, columns }] });
  expect([found.kind, found.sources[0].columns]).toEqual(['supervised', columns]);
  const rows = [];
  for await (const row of found.sources[0].rows) rows.push(row);
  expect(rows).toEqual([{ line: 1, value: { prompt: 'q', output: 'a' } }]);
});

it('opens the tokenizer by its name', async () => {
  const source = file('rows.jsonl', { instruction: 'a', output: 'b' });
  const { tokenization, threads } = await opened({
    sources: [{ source }],
    tokenization: { tokenizer: 'some', pack: true },
  });
  expect(threads).toBe(3);
  expect(tokenization).toMatchObject({
    template: { name: 'model' },
    maxLength: 1024,
    pack: true,
  });
});

it.each<[unknown, RegExp]>([
  [{}, /sources/],
  [{ sources: [] }, /expected at least one dataset/],
  [{ sources: [{ source: 'a' }], kind: 'answers' }, /→ at kind/],
  [{ sources: [{ source: 'a', weight: 0 }] }, /→ at sources\[0\]\.weight/],
  [{ sources: [{ source: 'a', columns: { prompt: 1 } }] }, /→ at sources\[0\]\.columns\.prompt/],
  [{ sources: [{ source: 'a' }], cleaning: { refusal: true } }, /"refusal"[\s\S]*→ at cleaning/],
  [{ sources: [{ source: 'a' }], dedup: { bands: 13 } }, /numHashes must be a multiple of bands/],
  [{ sources: [{ source: 'a' }], split: { evalFraction: 1 } }, /→ at split\.evalFraction/],
  [
    { sources: [{ source: 'a' }], tokenization: { tokenizer: 't', template: 'x' } },
    /→ at tokenization\.template/,
  ],
])('%j is refused by field', (request, message) => {
  expect(() => parseIngestRequest(request)).toThrow(message);
});

it('names an unknown adapter', async () => {
  const source = file('rows.jsonl', { instruction: 'a', output: 'b' });
  await expect(opened({ sources: [{ source, adapter: 'alpacca' }] })).rejects.toThrow(
    /"alpacca" is not known/,
  );
});

it('names the chat templates that there are', () => {
  expect([...chatTemplateNames].sort()).toEqual([...CHAT_TEMPLATE_NAMES].sort());
});
