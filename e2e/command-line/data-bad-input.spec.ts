import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compile, openchat } from '../testing/openchat';

const jsonl = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => {
    const number = from + i;
    const output = `It wants ${number} more and then to sleep under tree ${number * 3}.`;
    return `${JSON.stringify({ instruction: `What does number ${number} want today?`, output })}\n`;
  }).join('');

let cwd: string;
beforeAll(() => {
  compile();
  cwd = mkdtempSync(join(tmpdir(), 'bad-input-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const data = (...args: string[]) => openchat(['data', ...args], { cwd });

describe('bad input', () => {
  const good = (from: number) => Buffer.from(jsonl(from, from + 20));
  const line = (text: string) => Buffer.from(`${text}\n`);

  it.each<[string, Buffer, string, RegExp]>([
    ['broken JSON at a line', line('{"instruction": '), 'bad.jsonl', /brokenJson +1 +bad\.jsonl:21 /],
    [
      'wrong types',
      line('{"instruction": 5, "output": []}'),
      'bad.jsonl',
      /wrongType:instruction +1 +bad\.jsonl:21/,
    ],
    [
      'a string of 50 MB',
      line(`{"instruction": "a", "output": "${'x'.repeat(50e6)}"}`),
      'bad.jsonl',
      /rowTooLong +1 +bad\.jsonl:21/,
    ],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('{"instruction": "'), Buffer.from([0xff, 0xfe]), line('", "output": "b"}')]),
      'bad.jsonl',
      /invalidUtf8 +1 +bad\.jsonl:21/,
    ],
  ])(
    '%s costs one row',
    async (_, bad, name, shown) => {
      writeFileSync(join(cwd, name), Buffer.concat([good(0), bad, good(200)]));
      rmSync(join(cwd, 'bad'), { recursive: true, force: true });
      const { code, stdout } = await data('ingest', name, '-o', 'bad');
      expect(stdout).toMatch(/41 rows read, 40 examples kept/);
      expect(stdout).toMatch(shown);
      expect(code).toBe(0);
    },
    60_000,
  );

  const cut = (bytes: Buffer) => bytes.subarray(0, bytes.length - 20);
  it.each<[string, () => Buffer, RegExp]>([
    ['bomb.jsonl.gz', () => gzipSync(Buffer.alloc(300e6, ' ')), /bomb\.jsonl\.gz: .*(unpack|times)/],
    [
      'cut.jsonl.gz',
      () => cut(gzipSync(good(0))),
      /cut\.jsonl\.gz: damaged gzip after line \d+ .*fetch it again/,
    ],
    ['cut.parquet', () => Buffer.from('PAR1 and then nothing more of it'), /cut\.parquet: damaged Parquet/i],
    ['prose.txt', () => Buffer.from('Once upon a time'), /prose\.txt: /],
  ])(
    '%s is refused by name',
    async (name, content, message) => {
      writeFileSync(join(cwd, name), content());
      const { code, stderr } = await data('ingest', name, '-o', 'refused');
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
      expect(existsSync(join(cwd, 'refused'))).toBe(false);
    },
    60_000,
  );

  it('sends no request to an address of this machine, not even after a redirect', async () => {
    const { stderr } = await data('ingest', 'http://127.0.0.1:9/rows.jsonl', '-o', 'refused');
    expect(stderr).toMatch(/127\.0\.0\.1.*not.*public|private|internal/i);
    expect((await data('ingest', 'http://[::1]/rows.jsonl', '-o', 'refused')).code).toBe(1);
    expect((await data('ingest', 'http://localhost/rows.jsonl', '-o', 'refused')).code).toBe(1);
  }, 60_000);

  it('names the missing configuration of an s3:// source', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => closed.once('listening', done));
    const { port } = closed.address() as AddressInfo;
    await new Promise((done) => closed.close(done));
    const env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    };
    const { code, stderr } = await openchat(['data', 'ingest', 's3://bucket/rows.jsonl', '-o', 'refused'], {
      cwd,
      env,
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('127.0.0.1')]);
  }, 60_000);
});
