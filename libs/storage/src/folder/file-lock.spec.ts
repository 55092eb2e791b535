import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { withFileLock } from './file-lock';
import { thisProcess } from './process-owner';

describe('the lock of a document', () => {
  let folder: string;
  let path: string;
  /** Leaves a lock as another process does. */
  const leave = (owner: object) =>
    writeFileSync(path, JSON.stringify({ ...thisProcess(), id: 'left', process: 'p', ...owner }));
  const run = () => withFileLock(path, async () => readFileSync(path, 'utf8'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'file-lock-'));
    path = join(folder, 'locks', 'key');
    mkdirSync(dirname(path));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  /** Seconds pass at each look at the clock. */
  const hurry = () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  };

  it.each([
    ['has this pid now, after a restart', {}],
    ['a process that started later has the pid of', { pid: process.ppid, startTicks: '1' }],
  ])('that %s a dead owner is taken over at once', async (_, owner) => {
    leave(owner);
    expect(JSON.parse(await run())).toMatchObject({ pid: process.pid, process: thisProcess().process });
    expect(existsSync(path)).toBe(false);
  });

  it.each([
    ['another host', { host: 'another', pid: 1 }],
    ['another boot', { boot: 'b', pid: process.ppid }],
    ['a process that names no start', { pid: process.ppid, startTicks: undefined }],
  ])('of %s is taken over when its lease has expired', async (_, owner) => {
    leave(owner);
    hurry();
    expect(JSON.parse(await run())).toMatchObject({ pid: process.pid });
    expect(existsSync(path)).toBe(false);
  });

  it('of a process that runs is respected; the error names it', async () => {
    await withFileLock(path, async () => {
      hurry();
      await expect(run()).rejects.toThrow(`held for 10 s by process ${process.pid} on`);
    });
  });

  it('that a stopped process has lost is neither used nor removed by it', async () => {
    const held = await withFileLock(path, async (isHeld) => {
      const before = await isHeld();
      leave({ id: 'taken' });
      return [before, await isHeld()];
    });
    expect(held).toEqual([true, false]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ id: 'taken' });
  });
});
