import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openSource } from '../sources/open-source';
import { readDataset } from './read-dataset';
import { kindOf } from './source-rows';

/** The table of layouts in docs/data.md: the adapter, and an example of a row. */
const page = readFileSync(resolve(__dirname, '../../../../docs/data.md'), 'utf8');
const documented = [...page.matchAll(/^\| (.+?) \| `([\w-]+)` \| `(\{.+\})` \|$/gm)].map(
  ([, layout, adapter, row]): [string, string, string] => [layout, adapter, row],
);

const folder = mkdtempSync(join(tmpdir(), 'documented-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the page has the table', () => {
  expect(documented.length).toBeGreaterThan(15);
});

it.each(documented)('%s is read as %s: %s', async (_, adapter, row) => {
  const path = join(folder, 'row.jsonl');
  writeFileSync(path, `${row}\n`);
  const source = await openSource(path);
  const result = await readDataset(source, { kind: await kindOf(source) });
  expect([result.adapter, result.examples.length, result.dropped]).toEqual([adapter, 1, {}]);
  const text = JSON.stringify(result.examples);
  for (const word of row.match(/Hi\.|Hello\.|No\.|Add\.|blue|Be brief\.|Once/g) ?? [])
    expect(text).toContain(word);
});
