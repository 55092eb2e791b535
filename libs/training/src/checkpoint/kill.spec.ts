import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { latestCheckpoint } from './load';
import { saveCheckpoint } from './save';

const size = 100_000;
const content = (step: number) => Float32Array.from({ length: size }, (_, i) => step + i / size);

/**
 * The child saves step 2 (and 3, 4 …) in the same folder and keeps one checkpoint. With `killAt`, it kills itself (SIGKILL)
 * just before that operation; operations that change the disk count. Without, the parent kills it at some moment.
 */
const childSource = `
const fs = require('node:fs/promises');
const [dir, killAt] = [process.argv[2], Number(process.argv[3])];
let operations = 0;
const counted = (call) => (...args) => {
  if (++operations === killAt) process.kill(process.pid, 'SIGKILL');
  return call(...args);
};
const open = fs.open;
for (const name of ['mkdir', 'rename', 'rm']) fs[name] = counted(fs[name]);
fs.open = async (path, flags) => {
  const file = await (flags === 'r' ? open : counted(open))(path, flags);
  for (const name of ['write', 'sync']) file[name] = counted(file[name].bind(file));
  return file;
};
const { saveCheckpoint } = require('./save.js');
const size = ${size};
const content = ${content.toString()};
(async () => {
  const last = killAt ? 2 : 100000;
  for (let step = 2; step <= last; step++) {
    const half = content(step).subarray(0, size / 2), rest = content(step).subarray(size / 2);
    await saveCheckpoint(dir, { step, files: { 'weights.bin': [half, rest], 'moments.bin': content(-step) }, state: { step }, saveTotalLimit: 1 });
    process.send({ step, operations });
  }
  process.exit(0);
})();
`;

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'checkpoint-kill-'));
  const build = join(root, 'build');
  mkdirSync(build);
  for (const name of readdirSync(__dirname).filter((file) => !file.endsWith('.spec.ts'))) {
    const { code } = transformSync(readFileSync(join(__dirname, name), 'utf8'), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    writeFileSync(join(build, name.replace('.ts', '.js')), code);
  }
  writeFileSync(join(build, 'child.js'), childSource);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with the steps 0 and 1, which the child's save deletes. */
async function startingFolder(): Promise<string> {
  const dir = mkdtempSync(join(root, 'run-'));
  await saveCheckpoint(dir, { step: 0, files: {}, state: {} });
  const files = { 'weights.bin': content(1), 'moments.bin': content(-1) };
  await saveCheckpoint(dir, { step: 1, files, state: { step: 1 } });
  return dir;
}

/** Runs the child until it ends; `whenReady` may kill it after its first save. */
function runChild(dir: string, killAt: number, whenReady?: (kill: () => void) => void) {
  const nodePath = require.resolve('zod').split('/node_modules/')[0];
  const child = fork(join(root, 'build', 'child.js'), [dir, String(killAt)], {
    env: { ...process.env, NODE_PATH: join(nodePath, 'node_modules') },
    execArgv: [],
  });
  let saved = 1;
  let operations = 0;
  child.on('message', (message: { step: number; operations: number }) => {
    if (saved === 1) whenReady?.(() => child.kill('SIGKILL'));
    saved = message.step;
    operations = message.operations;
  });
  return new Promise<{ saved: number; operations: number; signal: string | null; code: number | null }>(
    (resolve) => {
      child.on('close', (code, signal) => resolve({ saved, operations, signal, code }));
    },
  );
}

/** The latest checkpoint is whole, and not older than the one that was reported as saved. */
async function expectWhole(dir: string, saved: number): Promise<void> {
  const warnings: string[] = [];
  const checkpoint = (await latestCheckpoint(dir, (message) => warnings.push(message)))!;
  expect(warnings).toEqual([]);
  expect(checkpoint.step).toBeGreaterThanOrEqual(saved);
  expect(checkpoint.state).toEqual({ step: checkpoint.step });
  const weights = new Float32Array(size);
  await checkpoint.readInto('weights.bin', weights);
  expect(Buffer.compare(Buffer.from(weights.buffer), Buffer.from(content(checkpoint.step).buffer))).toBe(0);
}

describe('kill -9 while checkpoints are written', () => {
  it('before each operation that changes the disk loses no saved checkpoint', async () => {
    const unbroken = await runChild(await startingFolder(), 1_000_000);
    expect(unbroken).toMatchObject({ saved: 2, signal: null, code: 0 });
    expect(unbroken.operations).toBeGreaterThan(15);
    const killed = async (killAt: number) => {
      const dir = await startingFolder();
      const { saved, signal } = await runChild(dir, killAt);
      expect([killAt, signal]).toEqual([killAt, 'SIGKILL']);
      await expectWhole(dir, saved);
      rmSync(dir, { recursive: true });
    };
    for (let killAt = 1; killAt <= unbroken.operations; killAt += 2) {
      await Promise.all([killed(killAt), ...(killAt < unbroken.operations ? [killed(killAt + 1)] : [])]);
    }
  });

  it.each([1, 8, 15, 30])('%d ms after a save', async (delay) => {
    const dir = await startingFolder();
    const { saved, signal } = await runChild(dir, 0, (kill) => setTimeout(kill, delay));
    expect(signal).toBe('SIGKILL');
    await expectWhole(dir, saved);
    await saveCheckpoint(dir, { step: 1_000_000, files: {}, state: {} });
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
