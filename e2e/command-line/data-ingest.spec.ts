import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import { compile, jsonLines, openchat, start } from '../testing/openchat';

const animals = ['cat', 'dog', 'owl', 'fox', 'bear', 'wolf', 'hare', 'mole', 'seal', 'crow'];
const row = (i: number) => ({
  instruction: `What does the ${animals[i % 10]} number ${i} want from us today?`,
  input: '',
  output: `It wants ${i} more of ${animals[(i * 7) % 10]} and then to sleep under tree ${i * 3}.`,
});
const jsonl = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(row(from + i))}\n`).join('');

let cwd: string;
beforeAll(() => {
  compile();
  cwd = mkdtempSync(join(tmpdir(), 'data-ingest-'));
  writeFileSync(join(cwd, 'good.jsonl'), jsonl(0, 60));
  writeFileSync(join(cwd, 'more.jsonl.gz'), gzipSync(jsonl(100, 130)));
  const tokenizer = buildTokenizer(
    Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).concat('\n'),
  );
  mkdirSync(join(cwd, 'tokenizer'));
  writeFileSync(join(cwd, 'tokenizer/tokenizer.json'), tokenizer.tokenizerJson);
  writeFileSync(join(cwd, 'tokenizer/tokenizer_config.json'), JSON.stringify(tokenizer.tokenizerConfig));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const data = (...args: string[]) => openchat(['data', ...args], { cwd });

describe('openchat data ingest', () => {
  it('makes a dataset, reports dropped rows, and the other commands find it', async () => {
    const rows = jsonl(0, 40).split('\n');
    rows.splice(10, 0, '{"instruction": "broken', '["a list"]', '{"instruction": "no answer"}', rows[0]);
    writeFileSync(join(cwd, 'flawed.jsonl'), rows.join('\n'));
    const { code, stdout, stderr } = await data(
      'ingest',
      'flawed.jsonl',
      '--eval-fraction',
      '0.2',
      '-o',
      'sets/flawed',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/44 rows read, 40 examples kept: \d\d to train, \d+ held out/);
    expect(stdout).toMatch(/brokenJson +1 +flawed\.jsonl:11 +\{"instruction": "broken/);
    expect(stdout).toMatch(/missing:output +1 +flawed\.jsonl:13/);
    expect(stdout).toMatch(/exactDuplicate +1 +flawed\.jsonl:14 +repeats row 1/);
    expect(stdout).toMatch(/Report: +sets\/flawed\/report\.json/);
    const listed = await data('list', 'sets');
    expect(listed.stdout).toMatch(/flawed +supervised +\d+ +\d+ +– +\d{4}-\d\d-\d\d/);
    const stats = await data('stats', 'sets/flawed', '--dropped');
    expect(stats.stdout).toMatch(/language +rows[\s\S]*en +\d+[\s\S]*Length in characters\n≤ 128 +\d+ +█+/);
    expect(stats.stdout).toContain('brokenJson');
  }, 60_000);

  it('mixes by weight and tokenizes; repeated, it gives the same bytes', async () => {
    const command = ['ingest', 'good.jsonl', 'more.jsonl.gz', '--weights', '2,1', '--tokenizer', 'tokenizer'];
    command.push('--max-length', '300', '--pack', '--no-near-dedup', '--json');
    const { code, stdout } = await data(...command, '--template', 'alpaca', '-o', 'sets/mixed');
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.some(({ type, stage }) => type === 'progress' && stage === 'shards')).toBe(true);
    const { report } = lines.at(-1) as {
      report: { kept: object; tokens: object; sources: { weight: number }[] };
    };
    expect(report.kept).toEqual({ train: 90, eval: 0 });
    expect(report.sources.map(({ weight }) => weight)).toEqual([2, 1]);
    await data(...command, '--template', 'alpaca', '-o', 'sets/again');
    const manifest = (name: string) => readFileSync(join(cwd, name, 'dataset.json'), 'utf8');
    expect(manifest('sets/again')).toBe(manifest('sets/mixed'));
    const listed = jsonLines((await data('list', 'sets', '--json')).stdout);
    expect(listed.find(({ name }) => name === 'mixed')).toMatchObject({
      train: 90,
      tokens: expect.any(Number),
    });
    expect((await data('stats', 'sets/mixed')).stdout).toMatch(/Length in tokens\n≤ \d+/);
  }, 90_000);

  it('writes nothing with --dry-run', async () => {
    const { code, stdout } = await data('ingest', 'good.jsonl', '--kind', 'prompts', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Examples: prompts[\s\S]*good\.jsonl +alpaca +1 +1 +\d+\.\d KiB[\s\S]*Nothing was written/,
    );
  }, 30_000);

  it('stops at Ctrl-C and resumes to the same result', async () => {
    writeFileSync(join(cwd, 'long.jsonl'), jsonl(0, 60_000));
    const command = ['data', 'ingest', 'long.jsonl', '--no-near-dedup', '--json'];
    const stopped = start([...command, '-o', 'stopped'], { cwd });
    stopped.signalAt('"type":"progress"', 'SIGINT');
    const { code, stderr } = await stopped.wait;
    expect(stderr).toContain('The same command with --resume continues.');
    expect(code).toBe(130);
    expect(existsSync(join(cwd, 'stopped'))).toBe(false);
    expect((await openchat([...command, '-o', 'stopped', '--resume'], { cwd })).code).toBe(0);
    await openchat([...command, '-o', 'unbroken'], { cwd });
    const manifest = (name: string) => readFileSync(join(cwd, name, 'dataset.json'), 'utf8');
    expect(manifest('stopped')).toBe(manifest('unbroken'));
  }, 120_000);

  it.each<[string, number, RegExp]>([
    ['good.jsonl', 2, /use --out, the folder to write, or --dry-run/],
    ['good.jsonl -o a --pack', 2, /--pack needs --model or --tokenizer/],
    ['good.jsonl -o a --model m --tokenizer t', 2, /use either --model or --tokenizer/],
    ['good.jsonl -o a --weights 1,2', 2, /--weights 1,2: 2 values for 1 datasets; give one for each/],
    ['good.jsonl -o a --weights x', 2, /--weights: expected numbers > 0, such as 3,1; found "x"/],
    ['good.jsonl -o a --kind answers', 2, /Allowed choices are supervised, preference, unpaired, prompts/],
    ['good.jsonl -o a --eval-fraction 2', 2, /Expected a number ≥ 0 and ≤ 0.9/],
    ['good.jsonl -o a --adapter alpacca', 1, /adapter "alpacca" is not known; expected one of/],
    ['good.jsonl -o a --kind preference', 1, /"alpaca" format holds no preference examples; it gives/],
    ['gone.jsonl -o a', 1, /gone\.jsonl: no such file/],
    ['ftp://host/a.jsonl -o a', 1, /ftp:\/\/ is not known here/],
    ['good.jsonl -o a --tokenizer nowhere', 1, /nowhere: does not exist; give a folder with tokenizer\.json/],
    ['good.jsonl good.jsonl -o a', 1, /two sources are called "good\.jsonl"/],
  ])(
    '%s',
    async (args, exit, message) => {
      const { code, stderr, stdout } = await data('ingest', ...args.split(' '));
      expect(stderr).toMatch(message);
      expect([code, stdout]).toEqual([exit, '']);
    },
    30_000,
  );

  it('rejects a folder that is not a dataset', async () => {
    const { code, stderr } = await data('stats', '.');
    expect([code, stderr]).toEqual([1, expect.stringContaining('no dataset.json; expected a folder that')]);
    expect((await data('list', 'nothing-here')).stdout).toBe('No ingested dataset in nothing-here.\n');
    expect(existsSync(join(cwd, 'nothing-here'))).toBe(false);
  }, 30_000);
});

const shared = resolve(__dirname, '../../../shared/data');
const real = existsSync(shared);
if (!real && process.env['CI']) throw new Error(`${shared} is missing; CI does not skip`);
(real ? describe : describe.skip)('real files (../shared/data)', () => {
  it.each<[string, string, string[]]>([
    ['alpaca', 'supervised', ['--adapter', 'alpaca']],
    ['hh-rlhf', 'preference', []],
    ['oasst/LAION-AI_Open-Assistant__en_100_tree.jsonl', 'supervised', ['--kind', 'supervised']],
    ['gsm8k', 'prompts', ['--kind', 'prompts']],
  ])(
    '%s',
    async (path, kind, flags) => {
      const out = `real-${path.slice(0, 5)}`;
      const { code, stdout } = await data(
        'ingest',
        join(shared, path),
        ...flags,
        '--limit',
        '500',
        '-o',
        out,
        '--json',
      );
      expect(code).toBe(0);
      const { report } = jsonLines(stdout).at(-1) as { report: { kind: string; kept: { train: number } } };
      expect(report.kind).toBe(kind);
      expect(report.kept.train).toBeGreaterThan(90);
    },
    60_000,
  );
});
