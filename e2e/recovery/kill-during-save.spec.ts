import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latestCheckpoint, saveCheckpoint } from '@open-chatgpt/training/testing';
import { compile } from '../testing/openchat';

const size = 100_000;
const content = (step: number) => Float32Array.from({ length: size }, (_, i) => step + i / size);

let root: string;

beforeAll(() => {
  compile();
  root = mkdtempSync(join(tmpdir(), 'checkpoint-kill-'));
}, 300_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with the steps 0 and 1, which the save of the child deletes. */
async function startingFolder(): Promise<string> {
  const dir = mkdtempSync(join(root, 'run-'));
  await saveCheckpoint(dir, { step: 0, files: {}, state: {} });
  const files = { 'weights.bin': content(1), 'moments.bin': content(-1) };
  await saveCheckpoint(dir, { step: 1, files, state: { step: 1 } });
  return dir;
}

/** Runs the child until it ends; `whenReady` may kill it after its first save. */
function runChild(dir: string, killAt: number, whenReady?: (kill: () => void) => void) {
  const child = fork(join(__dirname, '../testing/saving-process.cjs'), [dir, String(killAt)], {
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

/** The latest checkpoint is complete, and not older than the one that was reported as saved. */
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
