import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinParts } from '@open-chatgpt/runtime';
import { adoptCheckpoint } from './adopt';
import { latestCheckpoint, openCheckpoint } from './load';
import { saveCheckpoint } from './save';

let dir: string;
let warnings: string[];
const warn = (message: string) => warnings.push(message);
const save = (step: number, more = {}) =>
  saveCheckpoint(dir, {
    step,
    files: { 'weights.bin': Float32Array.of(step, 0.5) },
    state: { step },
    ...more,
  });
const names = () => readdirSync(dir).sort();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  warnings = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a checkpoint', () => {
  it('comes back as it was: bytes, segments of an arena, streamed chunks, state', async () => {
    const arena = new Float32Array(new SharedArrayBuffer(4 * 3_000_000), 4, 2_999_999).map((_, i) =>
      Math.sin(i),
    );
    const segments = [arena.subarray(0, 1_500_000), arena.subarray(1_500_000)];
    await saveCheckpoint(join(dir, 'deep/er'), {
      step: 7,
      files: {
        'weights.bin': joinParts(segments),
        'empty.bin': joinParts([]),
        'notes.txt': Buffer.from('héllo'),
        'stream.bin': async (write) => {
          for (let i = 0; i < 3; i++) await write(Uint8Array.of(i));
        },
      },
      state: { learningRate: 0.1 + 0.2, nested: { rng: [1, 2] } },
    });
    const checkpoint = (await latestCheckpoint(join(dir, 'deep/er'), warn))!;
    expect(checkpoint).toMatchObject({
      step: 7,
      state: { learningRate: 0.1 + 0.2, nested: { rng: [1, 2] } },
    });
    const back = new Float32Array(new SharedArrayBuffer(4 * arena.length));
    await checkpoint.readInto('weights.bin', joinParts([back.subarray(0, 10), back.subarray(10)]));
    expect(Buffer.compare(Buffer.from(back.buffer), Buffer.from(arena.slice().buffer))).toBe(0);
    expect((await checkpoint.read('notes.txt')).toString()).toBe('héllo');
    expect([...(await checkpoint.read('stream.bin'))]).toEqual([0, 1, 2]);
    expect(checkpoint.files['empty.bin'].bytes).toBe(0);
    await expect(checkpoint.read('other')).rejects.toThrow(/no file "other"; it has weights.bin, empty.bin/);
    await expect(checkpoint.readInto('weights.bin', new Float32Array(1))).rejects.toThrow(
      /expected 4 bytes; found 119/,
    );
    expect(warnings).toEqual([]);
  });

  it('is absent before the first was written', async () => {
    expect(await latestCheckpoint(join(dir, 'none'), warn)).toBeNull();
  });

  it('of the same step is replaced without a gap', async () => {
    await save(1);
    await save(1, { state: { again: true } });
    expect(names()).toEqual(['step-00000001.1']);
    expect((await latestCheckpoint(dir, warn))!.state).toEqual({ again: true });
  });

  const damages: [string, (path: string) => void, RegExp][] = [
    [
      'a flipped byte',
      (p) => writeFileSync(join(p, 'weights.bin'), Float32Array.of(2, 0.25)),
      /weights.bin does not match its sha256/,
    ],
    ['a cut file', (p) => truncateSync(join(p, 'weights.bin'), 3), /weights.bin has 3 bytes instead of 8/],
    ['a lost file', (p) => rmSync(join(p, 'weights.bin')), /weights.bin cannot be read \(ENOENT\)/],
    ['no manifest', (p) => rmSync(join(p, 'manifest.json')), /manifest.json cannot be read \(ENOENT\)/],
    ['a cut manifest', (p) => truncateSync(join(p, 'manifest.json'), 20), /manifest.json is not JSON/],
    [
      'another manifest',
      (p) => writeFileSync(join(p, 'manifest.json'), '{"formatVersion":2}'),
      /manifest.json is malformed/,
    ],
  ];
  it.each(damages)('with %s is left out with a warning', async (_, damage, message) => {
    await save(1);
    await save(2);
    damage(join(dir, 'step-00000002'));
    expect((await latestCheckpoint(dir, warn))!.step).toBe(1);
    expect(warnings).toEqual([expect.stringMatching(message)]);
    await expect(openCheckpoint(join(dir, 'step-00000002'))).rejects.toThrow(message);
  });

  it('that is the only one and damaged stops the run instead of a new start', async () => {
    await save(1);
    truncateSync(join(dir, 'step-00000001', 'weights.bin'), 0);
    await expect(latestCheckpoint(dir, warn)).rejects.toThrow(
      /all 1 checkpoints are damaged; delete the folder/,
    );
  });

  it('that is incomplete is ignored, and removed by the next save', async () => {
    await save(1);
    mkdirSync(join(dir, '.writing-step-00000002'));
    mkdirSync(join(dir, '.deleting-step-00000000'));
    writeFileSync(join(dir, 'notes.txt'), 'of a user');
    expect((await latestCheckpoint(dir, warn))!.step).toBe(1);
    await save(2);
    expect(names()).toEqual(['notes.txt', 'step-00000001', 'step-00000002']);
  });
});

describe('old checkpoints', () => {
  it('beyond the limit are deleted', async () => {
    for (const step of [1, 2, 3, 4]) await save(step, { saveTotalLimit: 2 });
    expect(names()).toEqual(['step-00000003', 'step-00000004']);
    await save(5, { saveTotalLimit: null });
    expect(names()).toHaveLength(3);
  });
});

describe('a checkpoint that cannot be written', () => {
  const failing = (code: string) => ({
    files: {
      'weights.bin': async () => {
        throw Object.assign(new Error(code), { code });
      },
    },
  });

  it.each([
    [
      'ENOSPC',
      /step 2 was not written to .*: the disk is full; the checkpoint of step 1 is intact; remedy: free space/,
    ],
    ['EACCES', /permission is denied; .* remedy: make the folder writable/],
    ['EROFS', /the file system is read-only/],
    ['EWEIRD', /was not written to .*: EWEIRD; the checkpoint of step 1 is intact/],
  ])('for %s keeps the last one and no incomplete files', async (code, message) => {
    await save(1);
    await expect(save(2, failing(code))).rejects.toThrow(message);
    expect(names()).toEqual(['step-00000001']);
    expect((await latestCheckpoint(dir, warn))!.step).toBe(1);
  });

  it('because a file is in the path names the cause', async () => {
    writeFileSync(join(dir, 'file'), '');
    const saving = saveCheckpoint(join(dir, 'file', 'x'), { step: 1, files: {}, state: {} });
    await expect(saving).rejects.toThrow(/part of the path is a file; there is no earlier checkpoint/);
  });

  it.each<[string, object, RegExp]>([
    [
      'a file name that leaves the folder',
      { files: { '../x': new Uint8Array(1) } },
      /"..\/x" cannot name a file/,
    ],
    ['the name of the manifest', { files: { 'manifest.json': new Uint8Array(1) } }, /cannot name a file/],
    ['a negative step', { step: -1 }, /step of at least 0; found -1/],
    [
      'a state that JSON cannot represent',
      { state: { loss: Number.NaN } },
      /"loss" is NaN, which JSON cannot represent/,
    ],
  ])('because of %s is refused', async (_, more, message) => {
    await expect(save(1, more)).rejects.toThrow(message);
    expect(names()).toEqual([]);
  });
});

it('manifest.json names every file with its size and sha256', async () => {
  const path = await save(3);
  const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8'));
  expect(manifest.files['weights.bin']).toEqual({
    bytes: 8,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

describe('an adopted checkpoint', () => {
  it('is moved in, also in place of a damaged one of the same step; a damaged one is rejected', async () => {
    const elsewhere = join(dir, 'elsewhere');
    const saveThere = (step: number) =>
      saveCheckpoint(elsewhere, { step, files: { 'weights.bin': Float32Array.of(step) }, state: {} });
    const here = join(dir, 'here');
    expect(await adoptCheckpoint(here, await saveThere(5))).toBe(5);
    truncateSync(join(here, 'step-00000005', 'weights.bin'), 1);
    expect(await adoptCheckpoint(here, await saveThere(5))).toBe(5);
    expect((await latestCheckpoint(here, warn))?.step).toBe(5);
    expect(warnings).toEqual([]);

    const damaged = await saveThere(6);
    truncateSync(join(damaged, 'weights.bin'), 1);
    await expect(adoptCheckpoint(here, damaged)).rejects.toThrow(/weights\.bin has 1 bytes instead of 4/);
    expect((await latestCheckpoint(here, warn))?.step).toBe(5);
  });
});
