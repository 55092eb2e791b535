import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

/** Reads `rows` made-up rows, and kills itself (SIGKILL) at row `killAtRow` or at the tokenizer's call `killAtCall`. */
const childSource = `
const { ADAPTERS } = require('@open-chatgpt/datasets');
const { ingest } = require('@open-chatgpt/ingestion');
const { buildTokenizer, chatTemplate, loadTokenizer } = require('@open-chatgpt/tokenizer');
const { createRng } = require('@open-chatgpt/random');
const { output, rows, phrasesPerRow, tokenize, killAtRow, killAtCall, checkpointRows, resume, threads } = JSON.parse(process.argv[2]);
const kill = () => process.kill(process.pid, 'SIGKILL');
const rng = createRng(4);
const letters = (value) => value.toString(26).replace(/\\d/g, (digit) => 'qrstuvwxyz'[digit]);
const phrases = Array.from({ length: 5000 }, () =>
  'the ' + Array.from({ length: 6 }, () => letters(rng.int(26 ** 4) + 26 ** 4)).join(' ') + ' is of',
);
const text = (count) => Array.from({ length: count }, () => phrases[rng.int(5000)]).join(' ');
let bytes = 0;
let early = 0;
const liveMegabytes = () => {
  global.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};
async function* made() {
  for (let line = 1; line <= rows; line++) {
    if (line === killAtRow) kill();
    if (line === rows / 4) early = liveMegabytes();
    const value = { instruction: 'What is ' + text(1) + ' this?', input: '', output: 'It is ' + text(phrasesPerRow) };
    bytes += value.instruction.length + value.output.length;
    yield { line, value };
    // As a file does: lets the event loop turn.
    if (line % 100 === 0) await new Promise(setImmediate);
  }
}
(async () => {
  let tokenization;
  if (tokenize) {
    const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const loaded = await loadTokenizer(buildTokenizer([...ascii, '\\n']));
    let calls = 0;
    const tokenizer = Object.create(loaded, {
      encode: { value: (...args) => { if (++calls === killAtCall) kill(); return loaded.encode(...args); } },
    });
    tokenization = { tokenizer, template: chatTemplate('alpaca', tokenizer), maxLength: 2048, pack: true, shardBytes: 100_000 };
  }
  const report = await ingest({
    kind: 'supervised',
    sources: [{ name: 'made-up', rows: made(), adapter: ADAPTERS.find(({ name }) => name === 'alpaca') }],
    output, split: { evalFraction: 0.05 }, dedup: { memoryMiB: 2 }, tokenization, checkpointRows, resume, threads,
  });
  // Not getrusage, which counts what the parent had when it forked.
  const status = process.platform === 'linux' ? require('node:fs').readFileSync('/proc/self/status', 'utf8') : '';
  const rss = Number(/VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024;
  process.send({ kept: report.kept, forgotten: report.forgotten, megabytes: bytes / 1e6, rss, early, late: liveMegabytes() });
})();
`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ingest-process-'));
  const libs = resolve(__dirname, '../../..');
  for (const lib of ['ingestion', 'datasets', 'tokenizer', 'random', 'download']) {
    const source = join(libs, lib, 'src');
    const target = join(root, 'node_modules/@open-chatgpt', lib);
    for (const name of readdirSync(source, { recursive: true }).map(String)) {
      if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
      const { code } = transformSync(readFileSync(join(source, name), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
      });
      mkdirSync(dirname(join(target, name)), { recursive: true });
      writeFileSync(join(target, name.replace(/\.ts$/, '.js')), code);
    }
  }
  writeFileSync(join(root, 'child.js'), childSource);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface ChildOptions {
  output: string;
  rows: number;
  phrasesPerRow: number;
  tokenize?: boolean;
  killAtRow?: number;
  killAtCall?: number;
  checkpointRows?: number;
  resume?: boolean;
  threads?: number;
}
interface ChildResult {
  kept: { train: number };
  forgotten: Record<string, number>;
  megabytes: number;
  /** The most memory that it ever had, in MiB. */
  rss: number;
  /** Megabytes of live objects after a quarter of the rows, and at the end. */
  early: number;
  late: number;
}

/** What V8 keeps apart for new objects. By default it grows to 16 MB, which must have room in the heap beside the live ones. */
const NURSERY_MEGABYTES = 2;

/** What the child sends at its end; null when it was killed. */
function runChild(options: ChildOptions, heapMegabytes: number): Promise<ChildResult | null> {
  const modules = join(require.resolve('zod').split('/node_modules/')[0], 'node_modules');
  const child = fork(join(root, 'child.js'), [JSON.stringify(options)], {
    env: { ...process.env, NODE_PATH: modules },
    execArgv: [
      `--max-old-space-size=${heapMegabytes}`,
      `--max-semi-space-size=${NURSERY_MEGABYTES}`,
      '--expose-gc',
    ],
    silent: true,
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((done, fail) => {
    let result: ChildResult | null = null;
    child.on('message', (message) => {
      result = message as ChildResult;
    });
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') done(result);
      else fail(new Error(`the child ended with ${code ?? signal}: ${errors.slice(-2000)}`));
    });
  });
}

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

// Of the 32 MB, the code of the libraries takes 14, what the ingestion holds 2; the rest is for rows on their way. How fast the
// machine is plays no part: with a nursery as large as the room that is left, V8 gives up when collecting takes it long.
it('40 MB pass through a heap of 32 MB, and four times the rows leave nothing more in it', async () => {
  const result = await runChild({ output: join(root, 'large'), rows: 12_000, phrasesPerRow: 80 }, 32);
  expect(result?.megabytes).toBeGreaterThan(40);
  expect(result?.kept.train).toBeGreaterThan(11_000);
  // The index was full long before the end, so more rows would not have taken more.
  expect(result?.forgotten['near']).toBeGreaterThan(0);
  expect(result?.rss).toBeLessThan(400);
  expect((result?.late ?? 0) - (result?.early ?? 0)).toBeLessThan(2);
}, 300_000);

it('several threads tokenize to the bytes of one', async () => {
  const options = { rows: 3000, phrasesPerRow: 12, tokenize: true };
  await runChild({ ...options, output: join(root, 'one') }, 256);
  await runChild({ ...options, output: join(root, 'three'), threads: 3 }, 256);
  expect(Object.keys(filesOf(join(root, 'one'))).length).toBeGreaterThan(7);
  expect(filesOf(join(root, 'three'))).toEqual(filesOf(join(root, 'one')));
}, 300_000);

it('killed at any point (SIGKILL) and resumed, it gives the same bytes', async () => {
  const options = { rows: 1500, phrasesPerRow: 4, tokenize: true, checkpointRows: 200 };
  await runChild({ ...options, output: join(root, 'unbroken') }, 256);
  const wanted = filesOf(join(root, 'unbroken'));
  expect(Object.keys(wanted).length).toBeGreaterThan(7);
  const killed = join(root, 'killed');
  // Once all rows are read, only tokenization can be killed.
  const kills = [
    { killAtRow: 1 },
    { killAtRow: 777 },
    { killAtRow: 1500 },
    { killAtCall: 1 },
    { killAtCall: 40 },
    { killAtCall: 1200 },
  ];
  // One after the other on the same folder: each resumes where the one before was killed.
  for (const kill of kills)
    expect([kill, await runChild({ ...options, ...kill, output: killed, resume: true }, 256)]).toEqual([
      kill,
      null,
    ]);
  expect(await runChild({ ...options, output: killed, resume: true }, 256)).not.toBeNull();
  expect(filesOf(killed)).toEqual(wanted);
}, 300_000);
