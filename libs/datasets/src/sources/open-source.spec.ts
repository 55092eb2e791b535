import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readDataset } from '../reading/read-dataset';
import { checkListedName, isDataFile } from './data-files';
import { parseHubSpec } from './hub-spec';
import { type OpenOptions, openSource } from './open-source';

const ROW = '{"instruction":"i","output":"o"}\n';
const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => rmSync(folder, { recursive: true }));
const names = (files: { name: string }[], root = folder) =>
  files.map(({ name }) => name.replace(`${root}/`, ''));

describe('a folder', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'b'));
    mkdirSync(join(folder, '.cache'));
    for (const name of [
      'b/2.jsonl',
      'b/10.jsonl',
      'a.json.gz',
      'Z.csv',
      'README.md',
      'dataset_infos.json',
      '.cache/x.json',
    ]) {
      writeFileSync(join(folder, name), ROW);
    }
    symlinkSync(join(folder, 'b/2.jsonl'), join(folder, 'link.jsonl'));
    symlinkSync(folder, join(folder, 'circle'));
  });

  it('gives its data files in stable order, and says what it leaves out', async () => {
    const source = await openSource(folder);
    expect(names(source.files)).toEqual(['Z.csv', 'a.json.gz', 'b/10.jsonl', 'b/2.jsonl', 'link.jsonl']);
    expect(source.leftOut).toEqual(['README.md', 'dataset_infos.json'].map((name) => join(folder, name)));
    expect(source.files[0].size).toBe(ROW.length);
  });

  it('refuses pipes, devices and files of the system, which may never end', async () => {
    const pipe = join(folder, 'pipe.jsonl');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', ...(existsSync('/proc/self/status') ? ['/proc/self/status'] : [])])
      await expect(openSource(path)).rejects.toThrow(`dataset ${path}: this is no regular file`);
    rmSync(pipe);
  });

  it('without data files is an error', async () => {
    mkdirSync(join(folder, 'empty'));
    await expect(openSource(join(folder, 'empty'))).rejects.toThrow(
      /no data file in this folder; expected names/,
    );
  });
});

describe('openSource refuses', () => {
  it.each<[string, OpenOptions, RegExp]>([
    ['none.jsonl', {}, /none.jsonl: no such file/],
    ['data/none.jsonl', {}, /no such file/],
    ['/etc/passwd', { allowLocal: false }, /files of this machine are not read here/],
    ['file:///etc/passwd', { allowLocal: false }, /files of this machine are not read here/],
    ['s3://bucket/key', {}, /s3:\/\/ is not known here.*needs a configured object store/],
    ['ftp://host/x', {}, /ftp:\/\/ is not known here; expected a path/],
    ['http://', {}, /this is no URL/],
    ['hf://', {}, /expected hf:\/\/owner\/name/],
    ['hf://a/b/../../c', {}, /expected hf/],
  ])('%s with %j', async (spec, options, message) => {
    await expect(openSource(spec, options)).rejects.toThrow(message);
  });

  it('names of a store that lead out of it', async () => {
    const s3 = async () => ({
      name: 's3://b/x',
      files: [{ name: 's3://b/x/../../etc/passwd', open: async function* () {} }],
      leftOut: [],
    });
    await expect(openSource('s3://b/x', { openers: { s3 } })).rejects.toThrow(/leads out of it/);
  });
});

it('reads through an injected opener', async () => {
  const s3 = async (spec: string) => ({
    name: spec,
    files: [
      {
        name: `${spec}/a.jsonl`,
        open: async function* () {
          yield Buffer.from(ROW);
        },
      },
    ],
    leftOut: [],
  });
  const { examples } = await readDataset(await openSource('s3://bucket/set', { openers: { s3 } }), {
    kind: 'supervised',
  });
  expect(examples).toHaveLength(1);
});

it('reads a file URL', async () => {
  const source = await openSource(pathToFileURL(join(folder, 'b/2.jsonl')).href);
  expect(names(source.files)).toEqual(['b/2.jsonl']);
});

describe('checkListedName', () => {
  it.each(['../x', 'a/../../x', '/etc/passwd', 'C:/x', 'a\\..\\x', 'a/./x', 'a//x', '', 'a\0b', 'a\nb'])(
    'refuses %j',
    (name) => {
      expect(() => checkListedName('hf://x', name)).toThrow(
        /hf:\/\/x: lists a file named .* leads out of it/,
      );
    },
  );
  it.each(['a.json', 'data/train-00000-of-00001.parquet', 'a..b/c d.json'])('takes %j', (name) => {
    expect(checkListedName('hf://x', name)).toBe(name);
  });
});

it.each<[string, boolean]>([
  ['a.jsonl', true],
  ['a.JSON.GZ', true],
  ['x/a.tsv.zst', true],
  ['a.parquet', true],
  ['dataset_infos.json', false],
  ['a.txt', false],
  ['jsonl', false],
])('isDataFile(%s): %s', (name, want) => {
  expect(isDataFile(name)).toBe(want);
});

it.each<[string, string, string, string]>([
  ['hf://Anthropic/hh-rlhf', 'Anthropic/hh-rlhf', 'main', ''],
  ['Anthropic/hh-rlhf@abc', 'Anthropic/hh-rlhf', 'abc', ''],
  ['hf://datasets/a/b@refs%2Fconvert%2Fparquet/x/y.parquet', 'a/b', 'refs/convert/parquet', 'x/y.parquet'],
  ['hf://squad', 'squad', 'main', ''],
  ['hf://squad@v1/train.json', 'squad', 'v1', 'train.json'],
])('parseHubSpec(%s)', (spec, id, revision, path) => {
  expect(parseHubSpec(spec)).toEqual({ id, revision, path });
});

describe('the hub', () => {
  const SHA = 'a'.repeat(40);
  let server: Server;
  let env: Record<string, string>;
  let files = ['README.md', 'data/train-0.jsonl', 'data/test-0.jsonl', 'data/train-1.jsonl'];
  const open = (spec: string, more: OpenOptions = {}) =>
    openSource(spec, { env, allowPrivate: true, ...more });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? '';
      if (url.startsWith('/api/datasets/o/gated')) response.writeHead(401).end();
      else if (url.startsWith('/api/datasets/o/page')) response.end('<html>');
      else if (url.startsWith('/api/datasets/o/set/revision/main')) {
        response.end(
          JSON.stringify({ sha: SHA, siblings: files.map((rfilename) => ({ rfilename, size: ROW.length })) }),
        );
      } else if (url.startsWith(`/datasets/o/set/resolve/${SHA}/`)) response.end(ROW);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    env = { HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  });
  afterAll(() => server.close());

  it('gives the training files at one commit', async () => {
    for (const spec of ['hf://o/set', 'o/set']) {
      const source = await open(spec);
      expect(names(source.files, `hf://o/set@${SHA.slice(0, 12)}`)).toEqual([
        'data/train-0.jsonl',
        'data/train-1.jsonl',
      ]);
      expect(source.leftOut).toEqual(['README.md', 'data/test-0.jsonl']);
      expect((await readDataset(source, { kind: 'supervised' })).examples).toHaveLength(2);
    }
  });

  it('gives the file or folder named', async () => {
    expect((await open('hf://o/set/data/test-0.jsonl')).files).toHaveLength(1);
    expect((await open('hf://o/set/data')).files).toHaveLength(3);
  });

  it.each<[string, RegExp]>([
    ['hf://o/none', /has no such dataset, or no revision "main"/],
    ['o/none', /There is no file or folder "o\/none" here/],
    ['hf://o/gated', /refuses access \(401\).*accept its terms at .*set HF_TOKEN/],
    ['hf://o/page', /is not a listing of a dataset/],
    ['hf://o/set/other', /no data file there. It has README.md/],
  ])('%s: what is wrong', async (spec, message) => {
    await expect(open(spec)).rejects.toThrow(message);
  });

  it('refuses a listing with names that lead out of it', async () => {
    const before = files;
    files = ['../../x.jsonl'];
    await expect(open('hf://o/set')).rejects.toThrow(/leads out of it/);
    files = before;
  });

  it('out of reach says how to bring the files', async () => {
    const message =
      /cannot be used from this machine.*Download the files from http.*use their path.*HF_ENDPOINT/;
    for (const more of [{ HF_ENDPOINT: 'http://127.0.0.1:1' }, { HF_HUB_OFFLINE: '1' }])
      await expect(open('hf://o/set', { env: { ...env, ...more } })).rejects.toThrow(message);
  });
});
