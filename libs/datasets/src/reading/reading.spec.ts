import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { JsonArrayParser } from './json-array';
import { readDataset } from './read-dataset';

const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const row = (n: number) => ({ instruction: `i${n}`, input: '', output: `o${n}` });
const rows = (count: number) => Array.from({ length: count }, (_, i) => row(i));
const lines = (items: unknown[]) => items.map((item) => JSON.stringify(item)).join('\n');
const read = (path: string, limit?: number) => readDataset(path, { kind: 'supervised', limit });

describe('readDataset reads', () => {
  it.each<[string, string, string | Buffer]>([
    ['a JSON array', 'a.json', JSON.stringify(rows(30), null, 2)],
    ['an array on one line', 'b.json', JSON.stringify(rows(30))],
    ['JSON Lines', 'c.jsonl', `${lines(rows(30))}\n`],
    [
      'JSON Lines named .json, with CRLF and empty lines',
      'd.json',
      `\n${lines(rows(30)).replaceAll('\n', '\r\n\r\n')}`,
    ],
    ['a byte order mark', 'e.jsonl', `\uFEFF${lines(rows(30))}`],
    ['gzip', 'f.jsonl.gz', gzipSync(lines(rows(30)))],
    ['a gzipped array', 'g.json.gz', gzipSync(JSON.stringify(rows(30)))],
    ['what is only named gzip', 'h.jsonl.gz', lines(rows(30))],
  ])('%s', async (_, name, content) => {
    const result = await read(file(name, content));
    expect(result.adapter).toBe('alpaca');
    expect(result.dropped).toEqual({});
    expect(result.examples).toHaveLength(30);
    expect(result.examples[29].messages).toEqual([
      { role: 'user', content: 'i29' },
      { role: 'assistant', content: 'o29' },
    ]);
  });

  it('no more than the limit', async () => {
    const path = file('limit.jsonl', lines(rows(50)));
    for (const limit of [1, 20, 25]) expect((await read(path, limit)).examples).toHaveLength(limit);
  });
});

describe('a bad row costs only itself', () => {
  it('in JSON Lines', async () => {
    const good = rows(4).map((item) => JSON.stringify(item));
    const content = [
      good[0],
      '{"instruction": "cut',
      good[1],
      '17',
      good[2],
      '{"instruction":1,"output":"x"}',
      good[3],
    ];
    const path = file('bad.jsonl', content.join('\n'));
    const result = await read(path);
    expect(result.examples).toHaveLength(4);
    expect(result.dropped).toEqual({ brokenJson: 1, notAnObject: 1, 'wrongType:instruction': 1 });
    expect(result.firstDropped).toEqual({
      brokenJson: { file: path, line: 2, text: '{"instruction": "cut' },
      notAnObject: { file: path, line: 4, text: '17' },
      'wrongType:instruction': { file: path, line: 6, text: '{"instruction":1,"output":"x"}' },
    });
  });

  it.each<[string, string]>([
    ['a missing comma inside', '{"instruction": "i" "output": "o"}'],
    ['an open string', '{"instruction": "i, "output": "o"}'],
    ['an open brace', '{"instruction": {"i": 1, "output": "o"'],
    ['a stray word', 'oops'],
    ['a bare newline in a string', '{"instruction": "a\nb", "output": "o"}'],
  ])('in an array: %s', async (_, bad) => {
    const elements = rows(5).map((item) => JSON.stringify(item));
    elements.splice(2, 0, bad);
    const result = await read(file('bad.json', `[\n  ${elements.join(',\n  ')}\n]\n`));
    expect(result.examples.map((example) => example.messages[1].content)).toEqual([
      'o0',
      'o1',
      'o2',
      'o3',
      'o4',
    ]);
    expect(Object.values(result.dropped)).toEqual([1]);
    expect(Object.values(result.firstDropped)[0].line).toBe(4);
  });

  it('in an array that is cut off', async () => {
    const text = JSON.stringify(rows(5), null, 1).slice(0, -25);
    const result = await read(file('cut.json', text));
    expect(result.examples).toHaveLength(4);
    expect(result.dropped).toEqual({ brokenJson: 1 });
  });

  it('strings with quotes, braces and backslashes are no trouble', () => {
    const items = [{ a: '"]},{[' }, { a: '\\' }, { a: '\\"' }, { a: ['x', { b: '}' }] }];
    const parse = (text: string) => {
      const parser = new JsonArrayParser(1000);
      return [...parser.push(Buffer.from(text)), ...parser.end()];
    };
    for (const indent of [0, 2]) {
      const values = parse(JSON.stringify(items, null, indent));
      expect(values.map((value) => 'value' in value && value.value)).toEqual(items);
    }
    expect(parse('[ ]')).toEqual([]);
  });
});

describe('says what is wrong and what to do', () => {
  it.each<[string, string, string | Buffer | null, object, RegExp]>([
    ['no file', 'none.jsonl', null, {}, /none.jsonl: no such file/],
    ['an empty file', 'empty.jsonl', '\n', {}, /the file is empty; expected a JSON array or JSON Lines/],
    [
      'plain text',
      'x.txt',
      'Once upon\na time',
      {},
      /begins neither with a row nor with a list of rows; expected.*convert the file first/,
    ],
    ['one object', 'o.json', '{\n"a": 1\n}', {}, /one JSON object over several lines/],
    [
      'gzip cut off',
      'cut.jsonl.gz',
      gzipSync(lines(rows(9000))).subarray(0, 9000),
      {},
      /damaged gzip after line.*fetch it again/,
    ],
    [
      'unknown fields',
      'u.jsonl',
      '{"foo":1,"bar":2}',
      {},
      /no adapter recognizes rows with the fields foo \(no texts\), bar \(no texts\)/,
    ],
    [
      'stepwise supervision',
      'step.jsonl',
      '{"prompt":"Which is larger?","completions":["First","Second"],"labels":[true,false]}',
      {},
      /holds stepwise supervision \(prompt, completions, labels\).*no stage for them here/,
    ],
    [
      'conversational stepwise supervision',
      'steps.jsonl',
      '{"prompt":[{"role":"user","content":"q"}],"completions":["a"],"labels":[true]}',
      { kind: 'preference' },
      /holds stepwise supervision/,
    ],
    [
      'classes',
      'class.csv',
      'text,label\nGood.,1\n',
      {},
      /texts with classes.*--columns prompt=text,output=label/,
    ],
    ['token ids', 'ids.jsonl', '{"input_ids":[1,2],"labels":[1,2]}', {}, /holds token ids \(input_ids\)/],
    [
      'images',
      'images.jsonl',
      '{"image":"x.png","caption":"A cat."}',
      {},
      /holds images, which are not read/,
    ],
    [
      'an unknown adapter',
      'k.jsonl',
      '{}',
      { adapter: 'llama' },
      /adapter "llama" is not known; expected one of hh-rlhf/,
    ],
    [
      'the wrong kind',
      'w.jsonl',
      lines(rows(3)),
      { kind: 'preference' },
      /"alpaca" format holds no preference examples; it gives supervised and prompts/,
    ],
    [
      'the wrong kind, named',
      'w.jsonl',
      lines(rows(3)),
      { kind: 'preference', adapter: 'alpaca' },
      /holds no preference/,
    ],
    [
      'nothing left',
      'l.jsonl',
      '{"instruction":"i","output":""}',
      {},
      /no supervised example.*Left out: 1 emptyOutput \(first at .*:1\)/,
    ],
  ])('%s', async (_, name, content, options, message) => {
    const path = content === null ? join(folder, name) : file(name, content);
    await expect(readDataset(path, { kind: 'supervised', ...options })).rejects.toThrow(message);
  });
});
