import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DEFAULT_LIMITS } from './limits';
import { readDataset } from './read-dataset';
import { readRows } from './read-rows';
import type { RawRow } from './row';

const folder = mkdtempSync(join(tmpdir(), 'formats-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function rows(content: string | Buffer, name = 'x', limits = {}, chunkBytes = 7): Promise<RawRow[]> {
  const bytes = Buffer.from(content as string);
  const source = {
    name,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
  const found: RawRow[] = [];
  for await (const row of readRows(source, { ...DEFAULT_LIMITS, ...limits })) found.push(row);
  return found;
}
const values = (found: RawRow[]) => found.map((row) => ('value' in row ? row.value : row.reason));

describe('a format is known by its content', () => {
  it.each<[string, string, string | Buffer, unknown[]]>([
    ['JSON Lines named .json', 'x.json', '{"a":1}\n{"a":2}', [{ a: 1 }, { a: 2 }]],
    ['an array named .jsonl', 'x.jsonl', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    [
      'lines that are lists (WebGPT)',
      'x.jsonl',
      '[{"a":1},{"a":2}]\n[{"a":3},{"a":4}]\n',
      [
        [{ a: 1 }, { a: 2 }],
        [{ a: 3 }, { a: 4 }],
      ],
    ],
    ['JSON Lines whose first is broken', 'x.jsonl', '{"a":\n{"a":2}\n', ['brokenJson', { a: 2 }]],
    ['JSON Lines whose first is no JSON', 'x.jsonl', 'oops\n{"a":2}\n', ['brokenJson', { a: 2 }]],
    ['JSON Lines whose first string is open', 'x.json', '{"a":"b\n{"a":2}\n', ['brokenJson', { a: 2 }]],
    [
      'an object with a list of rows',
      'x.json',
      '{\n"Definition": "d", "n": [1],\n"Instances": [\n {"a":1},\n {"a":2}],\n"Z": 1}',
      [
        { Definition: 'd', n: [1], Instances: [{ a: 1 }] },
        { Definition: 'd', n: [1], Instances: [{ a: 2 }] },
      ],
    ],
    [
      'an object of lists, its rows on lines of their own',
      'x.json',
      '{"A": [\n{"a":1},\n{"a":2}\n],\n"B": [{"b":1}]}',
      [{ A: [{ a: 1 }] }, { A: [{ a: 2 }] }, { B: [{ b: 1 }] }],
    ],
    [
      'TSV without a header',
      'x.tsv',
      'What is it?\tyes\tfor "it" is\nq\ta\tr\n',
      [
        ['What is it?', 'yes', 'for "it" is'],
        ['q', 'a', 'r'],
      ],
    ],
    ['TSV by its tabs', 'x', 'question\tanswer\nq\ta\n', [{ question: 'q', answer: 'a' }]],
    ['TSV with quoted cells', 'x.tsv', 'a\tb\n"x ""y"""\t"z', [{ a: 'x "y"', b: '"z' }]],
    ['CSV by its header', 'x', 'a,b\n1,2\n', [{ a: '1', b: '2' }]],
    [
      'CSV with line ends and quotation marks in cells',
      'x.csv',
      'a,b\r\n"1\n,""2""",3\r\n\r\n4,5',
      [
        { a: '1\n,"2"', b: '3' },
        { a: '4', b: '5' },
      ],
    ],
    ['CSV with semicolons', 'x.csv', 'a;b\n1;2,5', [{ a: '1', b: '2,5' }]],
    ['CSV with empty cells', 'x.csv', 'a,b,c\n,"",\n', [{ a: '', b: '', c: '' }]],
    ['gzip named otherwise', 'x.json', gzipSync('{"a":1}'), [{ a: 1 }]],
    [
      'gzip of several members',
      'x.gz',
      Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"a":2}')]),
      [{ a: 1 }, { a: 2 }],
    ],
    [
      'an index without a name (pandas)',
      'x',
      ',a,b\n0,x,\n1,"y\nz",nan\n',
      [
        { 'Unnamed: 0': '0', a: 'x', b: '' },
        { 'Unnamed: 0': '1', a: 'y\nz', b: 'nan' },
      ],
    ],
    ['an index that pandas named', 'x.csv', 'Unnamed: 0,a\n0,x\n', [{ 'Unnamed: 0': '0', a: 'x' }]],
    ['an index without a name, TSV', 'x.tsv', '\ta\n0\tx\n', [{ 'Unnamed: 0': '0', a: 'x' }]],
    [
      'columns without names at the end (Excel)',
      'x.csv',
      'a;b;;\r\n1;2;;\r\n',
      [{ a: '1', b: '2', 'Unnamed: 2': '', 'Unnamed: 3': '' }],
    ],
    ["Excel's sep= line", 'x.csv', '\uFEFFsep=;\r\na;b\r\n1;2,5\r\n', [{ a: '1', b: '2,5' }]],
    ['sep= of another mark', 'x.csv', 'sep=|\na|b\n1|2\n', [{ a: '1', b: '2' }]],
    [
      'names of several words',
      'x.csv',
      'User prompt,Model answer (EN)\nHi.,Hello.\n',
      [{ 'User prompt': 'Hi.', 'Model answer (EN)': 'Hello.' }],
    ],
    ['Chinese names', 'x.csv', '问题,标准 答案\n一,二\n', [{ 问题: '一', '标准 答案': '二' }]],
    [
      'a semicolon in a quoted name',
      'x.csv',
      '"a;b;c",d\n1,2\n',
      [
        ['a;b;c', 'd'],
        ['1', '2'],
      ],
    ],
    [
      'blanks after commas',
      'x.csv',
      '"a", "b", "c"\n"1", "", "x, ""y"""\n',
      [{ a: '1', b: '', c: 'x, "y"' }],
    ],
    ['blanks after commas, names without marks', 'x', 'a, b\n"1" , "x, y"\n', [{ a: '1', b: 'x, y' }]],
    [
      'blanks that belong to the cells',
      'x.csv',
      'a,b\n1, 2\n" 3", "4"\n',
      [
        { a: '1', b: ' 2' },
        { a: ' 3', b: ' "4"' },
      ],
    ],
    [
      'CSV without a header',
      'x.csv',
      'Who wrote it?,Jane Austen wrote it.\nq,a\n',
      [
        ['Who wrote it?', 'Jane Austen wrote it.'],
        ['q', 'a'],
      ],
    ],
    [
      'numbers are not names',
      'x.csv',
      'a,1\nb,2\n',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'TSV with line ends and tabs in cells (pandas)',
      'x.tsv',
      'a\tb\n"1\n2"\t"x\ty"\n3\t"4\n\n""5"""\n',
      [
        { a: '1\n2', b: 'x\ty' },
        { a: '3', b: '4\n\n"5"' },
      ],
    ],
    [
      'TSV with a mark that nothing closes',
      'x.tsv',
      'a\tb\n"1\t2\n3\t"4\n5\t6"\n"7\t8\n',
      [
        { a: '"1', b: '2' },
        { a: '3', b: '"4' },
        { a: '5', b: '6"' },
        { a: '"7', b: '8' },
      ],
    ],
    ['TSV with a mark inside a cell', 'x.tsv', 'a\tb\n"x" is\t"y" is\n', [{ a: '"x" is', b: '"y" is' }]],
    [
      'TSV of a wrong length before others',
      'x.tsv',
      'a\tb\n"1\n2\t3\n4\t5\n',
      ['wrongCellCount', { a: '2', b: '3' }, { a: '4', b: '5' }],
    ],
    ['a byte order mark before CSV', 'x.csv', '\uFEFFa,b\n1,2', [{ a: '1', b: '2' }]],
  ])('%s', async (_, name, content, want) => {
    for (const chunkBytes of [1, 3, 1000])
      expect(values(await rows(content, name, {}, chunkBytes))).toEqual(want);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['zip', 'PK\x03\x04....', /is a zip archive, which is not read. Unpack it first/],
    ['bzip2', 'BZh9....', /is bzip2/],
    [
      'UTF-16',
      Buffer.from('\uFEFF{"a":1}', 'utf16le'),
      /UTF-16 text \(little-endian, with a byte order mark\).*iconv -f UTF-16 -t UTF-8/,
    ],
    [
      'UTF-16 of the other order',
      Buffer.from('\uFEFF{"a":1}', 'utf16le').swap16(),
      /UTF-16 text \(big-endian, with/,
    ],
    [
      'UTF-16 without a mark',
      Buffer.from('{"a":1}', 'utf16le'),
      /UTF-16 text \(little-endian, without a byte order mark\).*-f UTF-16LE/,
    ],
    [
      'UTF-16 of the other order without a mark',
      Buffer.from('a,b\n1,2', 'utf16le').swap16(),
      /UTF-16 text \(big-endian, without.*-f UTF-16BE/,
    ],
    [
      'Chinese UTF-16 without a mark',
      Buffer.from('问题,答案\n天空是什么颜色的,蓝色\n'.repeat(9), 'utf16le'),
      /UTF-16 text \(little-endian, without/,
    ],
    [
      'Russian UTF-16 inside gzip',
      gzipSync(Buffer.from('{"a":"Какого цвета небо"}', 'utf16le')),
      /UTF-16 text/,
    ],
    ['UTF-32', Buffer.from('fffe00007b0000002200000061000000', 'hex'), /UTF-32 text \(little-endian, with/],
    ['binary', Buffer.alloc(100), /is binary data, not UTF-8 text/],
    ['gzip twice', gzipSync(gzipSync('{}')), /gzip inside gzip/],
    ['an object without rows', '{\n"a": 1\n}', /one JSON object over several lines, but no list of rows/],
    ['an object that is broken', '{\n"a" 1\n}', /one JSON object over several lines, but no ":" at line 2/],
    ['nothing', '', /the file is empty/],
  ])('%s is refused', async (_, content, message) => {
    await expect(rows(content)).rejects.toThrow(message);
  });

  it.each(['x.csv', 'x.tsv.gz'])('%s whose header is not UTF-8 is refused', async (name) => {
    const latin1 = Buffer.from('Größe;Antwort\n1;2\n', 'latin1');
    await expect(rows(latin1, name)).rejects.toThrow(
      /names of columns that are not UTF-8.*iconv -f WINDOWS-1252/,
    );
  });
});

describe('a bad row costs only itself', () => {
  const invalid = Buffer.from([0xff, 0xfe]);
  it.each<[string, string, Buffer | string, unknown[]]>([
    [
      'invalid UTF-8 in JSON Lines',
      'x',
      Buffer.concat([Buffer.from('{"a":1}\n{"a":"'), invalid, Buffer.from('"}\n{"a":3}')]),
      [{ a: 1 }, 'invalidUtf8', { a: 3 }],
    ],
    [
      'invalid UTF-8 in an array',
      'x',
      Buffer.concat([Buffer.from('[\n{"a":1},\n{"a":"'), invalid, Buffer.from('"},\n{"a":3}]')]),
      [{ a: 1 }, 'invalidUtf8', { a: 3 }],
    ],
    [
      'invalid UTF-8 in CSV',
      'x.csv',
      Buffer.concat([Buffer.from('a,b\n1,2\n'), invalid, Buffer.from(',2\n5,6')]),
      [{ a: '1', b: '2' }, 'invalidUtf8', { a: '5', b: '6' }],
    ],
    [
      'a cell too many',
      'x.csv',
      'a,b\n1,2,3\n5,6\n7',
      ['wrongCellCount', { a: '5', b: '6' }, 'wrongCellCount'],
    ],
    [
      'a quotation mark that nothing closes',
      'x.csv',
      'a,b\n"1,2\n"3","4"\n5,6',
      ['brokenCsv', { a: '3', b: '4' }, { a: '5', b: '6' }],
    ],
    [
      'an array on one line: an open string',
      'x',
      '[{"a":"1"},{"a":"2},{"a":"3"},{"a":"4"}]',
      [{ a: '1' }, 'brokenJson', { a: '3' }, { a: '4' }],
    ],
    [
      'an array on one line: no comma',
      'x',
      '[{"a":"1"},{"a" "2"},{"a":"3"}]',
      [{ a: '1' }, 'brokenJson', { a: '3' }],
    ],
    ['text after an array', 'x', '[{"a":1}] oops', [{ a: 1 }, 'brokenJson']],
    [
      'a list inside an object: a broken row',
      'x',
      '{"d": 1,\n"I": [\n {"a":1},\n {"a" 2},\n {"a":3}\n]}',
      [{ d: 1, I: [{ a: 1 }] }, 'brokenJson', { d: 1, I: [{ a: 3 }] }],
    ],
  ])('%s', async (_, name, content, want) => {
    for (const chunkBytes of [1, 5, 1000])
      expect(values(await rows(content, name, {}, chunkBytes))).toEqual(want);
  });

  const long = 'x'.repeat(5000);
  it.each<[string, string, string]>([
    ['JSON Lines', 'x', `{"a":"1"}\n{"a":"${long}"}\n{"a":"3"}`],
    ['an array', 'x', `[\n{"a":"1"},\n{"a":"${long}"},\n{"a":"3"}]`],
    ['an array on one line', 'x', `[{"a":"1"},{"a":"${long}"},{"a":"3"}]`],
    ['CSV', 'x.csv', `a,b\n1,\n${long},\n3,`],
    ['CSV, quoted', 'x.csv', `a,b\n1,\n"${long}",\n3,`],
    ['TSV', 'x.tsv', `a\tb\n1\t\n${long}\t\n3\t`],
  ])('a row that is too long, in %s', async (_, name, content) => {
    for (const chunkBytes of [10, 100, 10_000]) {
      const found = values(await rows(content, name, { maxRowBytes: 1000 }, chunkBytes));
      expect(found.map((row) => (typeof row === 'string' ? row : (row as { a: string }).a))).toEqual([
        '1',
        'rowTooLong',
        '3',
      ]);
    }
  });

  it('a string of 50 MB, with its line and its beginning', async () => {
    const path = file(
      'long.jsonl',
      `{"instruction":"i","output":"o"}\n{"instruction":"${'y'.repeat(50e6)}","output":"o"}\n{"instruction":"j","output":"o"}\n`,
    );
    const result = await readDataset(path, { kind: 'supervised' });
    expect(result.examples).toHaveLength(2);
    expect(result.dropped).toEqual({ rowTooLong: 1 });
    expect(result.firstDropped['rowTooLong']).toMatchObject({
      line: 2,
      text: expect.stringMatching(/^\{"instruction":"yyy/),
    });
  });

  it('nesting without end', async () => {
    const deep = `{"instruction":${'['.repeat(100_000)}${']'.repeat(100_000)},"output":"o"}`;
    const result = await readDataset(
      file('deep.jsonl', `${'{"instruction":"i","output":"o"}\n'.repeat(3)}${deep}\n`),
      {
        kind: 'supervised',
      },
    );
    expect(result.examples).toHaveLength(3);
    expect(Object.values(result.dropped)).toEqual([1]);
  });
});

describe('packed data', () => {
  it('gzip that unpacks to far more is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20, 0x20));
    await expect(rows(bomb, 'x', {}, 4096)).rejects.toThrow(
      /unpack to more than 250 times as many, as a bomb does.*maxCompressionRatio/,
    );
  });

  it('more than the limit is refused', async () => {
    const content = gzipSync('{"a":1}\n'.repeat(1000));
    await expect(rows(content, 'x.gz', { maxDecompressedBytes: 1000 }, 50)).rejects.toThrow(
      /x.gz: unpacks to more than 1000 bytes/,
    );
  });

  it('cut-off gzip gives all rows before the cut', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `{"a":${(i * 7919) % 10007}}`);
    const packed = gzipSync(lines.join('\n'));
    const found: RawRow[] = [];
    const source = {
      name: 'x.gz',
      open: async function* () {
        yield packed.subarray(0, packed.length - 30);
      },
    };
    await expect(async () => {
      for await (const row of readRows(source)) found.push(row);
    }).rejects.toThrow(/x.gz: damaged gzip after line \d+ \(unexpected end of file before byte \d+\)/);
    expect(found.length).toBeGreaterThan(4900);
    expect(found).toEqual(
      lines.slice(0, found.length).map((line, i) => ({ line: i + 1, value: JSON.parse(line) })),
    );
  });
});
