import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { oasst } from '../adapters/oasst';
import { Groups } from './groups';
import { readDataset } from './read-dataset';

const folder = mkdtempSync(join(tmpdir(), 'read-dataset-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('a folder', () => {
  it('is one dataset, in the order of names; files without rows are counted', async () => {
    file('set/b.jsonl', '{"instruction":"2","output":"o"}\noops\n');
    file('set/a.csv', 'instruction,output\n1,o\n');
    file('set/settings.json', '{\n"version": 1\n}');
    const result = await readDataset(join(folder, 'set'), { kind: 'supervised' });
    expect(result.examples.map(({ messages }) => messages[0].content)).toEqual(['1', '2']);
    expect(result.dropped).toEqual({ brokenJson: 1, unreadableFile: 1 });
    expect(result.firstDropped['brokenJson']).toEqual({
      file: join(folder, 'set/b.jsonl'),
      line: 2,
      text: 'oops',
    });
  });

  it('a damaged file in it is an error that names it', async () => {
    file('torn/a.jsonl', '{"instruction":"1","output":"o"}\n');
    file('torn/b.jsonl.gz', gzipSync('{"instruction":"1","output":"o"}\n'.repeat(100)).subarray(0, -12));
    await expect(readDataset(join(folder, 'torn'), { kind: 'supervised' })).rejects.toThrow(
      /torn\/b.jsonl.gz: damaged gzip/,
    );
  });
});

describe('detection', () => {
  it('names the candidates when rows are of several formats', async () => {
    const alpaca = '{"instruction":"i","output":"o"}\n';
    const talks = '{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}\n';
    const path = file('mixed.jsonl', alpaca.repeat(4) + talks.repeat(4));
    await expect(readDataset(path, { kind: 'supervised' })).rejects.toThrow(
      /not sure what format this is. Of its first 8 rows, 4 look like messages, 4 look like alpaca.*Name the adapter/,
    );
    expect((await readDataset(path, { kind: 'supervised', adapter: 'alpaca' })).examples).toHaveLength(4);
  });
});

it('counts rows without examples, and reads no further than the limit', async () => {
  const path = file(
    'counted.jsonl',
    `${'{"instruction":"i","output":"o"}\n'.repeat(30)}17\n{"instruction":"i","output":""}\n${'{"instruction":"i","output":"o"}\n'.repeat(300)}oops\n`,
  );
  const { adapter, examples, dropped } = await readDataset(path, { kind: 'supervised', limit: 31 });
  expect([adapter, examples.length]).toEqual(['alpaca', 31]);
  expect(dropped).toEqual({ notAnObject: 1, emptyOutput: 1 });
});

describe('rows that belong together', () => {
  const message = (tree: string, id: string, parent: string | null) =>
    JSON.stringify({
      message_id: id,
      parent_id: parent,
      message_tree_id: tree,
      role: parent ? 'assistant' : 'prompter',
      text: id,
      rank: 0,
    });

  it('are grouped in any order', async () => {
    const rows = [
      message('1', 'q', null),
      message('2', 'r', null),
      message('1', 'a', 'q'),
      message('2', 'b', 'r'),
    ];
    const { examples } = await readDataset(file('flat.jsonl', rows.join('\n')), { kind: 'supervised' });
    expect(examples.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ['q', 'a'],
      ['r', 'b'],
    ]);
  });

  it('are held in bounded number', () => {
    const groups = new Groups(oasst, 3);
    const place = (text: string, line: number) => ({ row: JSON.parse(text), line });
    const out = [
      place(message('1', 'q', null), 1),
      place(message('1', 'a', 'q'), 2),
      place(message('2', 'r', null), 3),
    ];
    expect(out.flatMap((one) => [...groups.push(one)])).toEqual([]);
    expect([...groups.push(place(message('3', 's', null), 4))]).toMatchObject([
      { line: 1, row: { message_id: 'q' } },
    ]);
    expect([...groups.end()].map(({ line }) => line)).toEqual([3, 4]);
  });
});
