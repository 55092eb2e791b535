import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from './lock.cjs';

describe('the lock of a build', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    path = join(folder, 'deep', 'build.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is a file until it is released', () => {
    const release = acquireLock(path);
    expect(existsSync(path)).toBe(true);
    release();
    expect(existsSync(path)).toBe(false);
  });

  it('is taken over from a process that has died', () => {
    acquireLock(path)();
    const { pid } = spawnSync('true');
    writeFileSync(path, String(pid));
    const waiting = jest.fn();
    acquireLock(path, waiting)();
    expect(waiting).not.toHaveBeenCalled();
  });

  it('is waited for while its holder lives', () => {
    acquireLock(path)();
    const holder = spawn('sh', ['-c', `sleep 1; rm ${path}`]);
    writeFileSync(path, String(holder.pid));
    const waiting = jest.fn();
    acquireLock(path, waiting)();
    expect(waiting.mock.calls).toEqual([[holder.pid]]);
  });
});
