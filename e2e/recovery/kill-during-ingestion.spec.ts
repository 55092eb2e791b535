import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../testing/openchat';

let root: string;
beforeAll(() => {
  compile();
  root = mkdtempSync(join(tmpdir(), 'ingest-process-'));
}, 300_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface ChildOptions {
  output?: string;
  /** Ingest into this dataset cache instead. */
  cache?: string;
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
  /** Peak memory in MiB. */
  rss: number;
  /** Megabytes of live objects after a quarter of the rows, and at the end. */
  early: number;
  late: number;
  /** The entry of the cache. */
  folder?: string;
}

/** V8's space for new objects. By default it grows to 16 MB, which must fit into the heap with the live objects. */
const NURSERY_MEGABYTES = 2;

/** The result that the child sends at its end; null when it was killed. */
function runChild(
  { cache = '', ...options }: ChildOptions,
  heapMegabytes: number,
): Promise<ChildResult | null> {
  const child = fork(
    join(__dirname, '../testing/ingesting-process.cjs'),
    [JSON.stringify({ ...options, cached: cache !== '' })],
    {
      execArgv: [
        `--max-old-space-size=${heapMegabytes}`,
        `--max-semi-space-size=${NURSERY_MEGABYTES}`,
        '--expose-gc',
      ],
      env: { ...process.env, OPEN_CHATGPT_DATASET_CACHE: cache },
      silent: true,
    },
  );
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

// Of the 32 MB, the code of the libraries takes 14 and the state of the ingestion 2; the rest is for rows. The nursery is small,
// because V8 fails when the nursery fills the heap and collections are slow.
it('40 MB pass through a heap of 32 MB, and four times as many rows need no more', async () => {
  const result = await runChild({ output: join(root, 'large'), rows: 12_000, phrasesPerRow: 80 }, 32);
  expect(result?.megabytes).toBeGreaterThan(40);
  expect(result?.kept.train).toBeGreaterThan(11_000);
  // The index is full long before the end, so more rows do not take more memory.
  expect(result?.forgotten['near']).toBeGreaterThan(0);
  expect(result?.rss).toBeLessThan(400);
  expect((result?.late ?? 0) - (result?.early ?? 0)).toBeLessThan(2);
}, 300_000);

it('several threads give the same tokens as one', async () => {
  const options = { rows: 3000, phrasesPerRow: 12, tokenize: true };
  await runChild({ ...options, output: join(root, 'one') }, 256);
  await runChild({ ...options, output: join(root, 'three'), threads: 3 }, 256);
  expect(Object.keys(filesOf(join(root, 'one'))).length).toBeGreaterThan(7);
  expect(filesOf(join(root, 'three'))).toEqual(filesOf(join(root, 'one')));
}, 300_000);

it('an ingestion that is killed at any point and resumed gives the same bytes', async () => {
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

it('processes that make a cache entry at the same time, or are killed, leave one complete entry', async () => {
  const cache = join(root, 'cache');
  const options = { cache, rows: 1100, phrasesPerRow: 4, tokenize: true };
  const entries = () => readdirSync(cache).filter((name) => !name.startsWith('.'));
  for (const kill of [{ killAtRow: 700 }, { killAtCall: 500 }]) {
    expect(await runChild({ ...options, ...kill }, 256)).toBeNull();
    expect(entries()).toEqual([]);
  }
  const results = await Promise.all([1, 2, 3].map(() => runChild(options, 256)));
  const [entry] = entries();
  expect(entries()).toEqual([entry]);
  expect(results.map((result) => result?.folder)).toEqual([1, 2, 3].map(() => join(cache, entry)));
  const undisturbed = await runChild({ ...options, cache: join(root, 'other') }, 256);
  expect(filesOf(join(cache, entry))).toEqual(filesOf(undisturbed?.folder as string));
}, 300_000);
