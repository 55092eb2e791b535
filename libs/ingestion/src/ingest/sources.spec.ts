import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSource, type Source, sourceRows } from '@open-chatgpt/datasets';
import { ingest } from './ingest';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const row = (i: number) => ({ instruction: `question ${i} of many`, input: '', output: `answer ${i}` });
const jsonl = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(row(from + i))}\n`).join('');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'source-rows-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const run = async (source: Source, adapter?: string) =>
  ingest({
    kind: 'supervised',
    sources: [await sourceRows(source, { kind: 'supervised', name: 'set', adapter })],
    output: join(root, 'out'),
    dedup: { near: false },
  });

describe('sources', () => {
  it('reads a file from the disk, found by its rows, with its hash', async () => {
    const path = join(root, 'a.jsonl');
    writeFileSync(path, `${jsonl(0, 30)}{"instruction": \n${jsonl(30, 40)}`);
    const report = await run(await openSource(path));
    expect(report.sources[0]).toMatchObject({
      name: 'set',
      adapter: 'alpaca',
      uri: path,
      sha256: sha256(readFileSync(path)),
      rows: 41,
    });
    expect(report.dropped['brokenJson'].examples).toEqual([
      {
        dataset: 'set',
        row: 31,
        place: `${path}:31`,
        text: '{"instruction":',
      },
    ]);
    expect(report.kept.train).toBe(40);
  });

  it('numbers the rows of a folder over all files, and skips a file of an unsupported format', async () => {
    mkdirSync(join(root, 'set'));
    writeFileSync(join(root, 'set/a.jsonl'), jsonl(0, 30));
    writeFileSync(join(root, 'set/b.json'), 'Once upon a time');
    writeFileSync(join(root, 'set/c.jsonl'), jsonl(30, 40));
    const report = await run(await openSource(join(root, 'set')));
    expect(report.kept.train).toBe(40);
    expect(report.dropped['unreadableFile'].examples[0].text).toMatch(/b\.json/);
    const records = readFileSync(join(root, 'out/records/train.jsonl'), 'utf8').trim().split('\n');
    expect(records.map((line) => JSON.parse(line).row)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  it('hashes remote files while they are read', async () => {
    const bytes = Buffer.from(jsonl(0, 25));
    async function* open() {
      yield bytes.subarray(0, 100);
      yield bytes.subarray(100);
    }
    const report = await run({ name: 's3://b/k', files: [{ name: 'k.jsonl', open }], leftOut: [] });
    expect(report.sources[0]).toMatchObject({ uri: 's3://b/k', sha256: sha256(bytes) });
  });

  it.each([
    ['an unknown adapter', jsonl(0, 3), 'alpacca', /"alpacca" is not known/],
    ['an adapter of another kind', jsonl(0, 3), 'shp', /"shp" format holds no supervised/],
    [
      'rows that no one knows',
      '{"a":1}\n',
      undefined,
      /no adapter recognizes rows with the fields a \(no texts\)/,
    ],
    ['no rows that are objects', '[1, 2]', undefined, /no row in it that can be read/],
  ])('refuses %s', async (_, text, adapter, message) => {
    writeFileSync(join(root, 'a.jsonl'), text);
    await expect(run(await openSource(join(root, 'a.jsonl')), adapter)).rejects.toThrow(message);
  });
});
