import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidKeyError, StorageFullError, StorageRefusedError } from '../errors';
import type { WriteCondition } from '../object-store';
import { openObjectStore } from '../open';
import { bytes, read, streamOf, text } from '../testing/bytes';
import { keysOf } from '../testing/keys-of';
import { runStoreProcess } from '../testing/run-store-process';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'folder-faults-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const leftovers = (folder: string) => readdirSync(join(folder, '.store', 'tmp'));
const addressOf = (folder: string) => JSON.stringify([pathToFileURL(folder).href]);

/** Whether this user can mount a file system, as root or with sudo. */
const mayMount = process.getuid?.() === 0 || spawnSync('sudo', ['-n', 'true']).status === 0;
const asRoot = (command: string, ...args: string[]) => {
  const words = process.getuid?.() === 0 ? [command, ...args] : ['sudo', '-n', command, ...args];
  const { status, stderr } = spawnSync(words[0], words.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
};

/** Runs `work` with a temporary file system of 4 MB. */
async function withSmallDisk(work: (folder: string) => Promise<void>): Promise<void> {
  const disk = join(root, 'disk');
  mkdirSync(disk);
  asRoot('mount', '-t', 'tmpfs', '-o', 'size=4m,mode=777', 'tmpfs', disk);
  try {
    await work(disk);
  } finally {
    asRoot('umount', disk);
  }
}

const needsMount = mayMount || process.env['CI'] ? it : it.skip;

describe('a disk', () => {
  needsMount('that is full: the write fails, changes nothing, and frees its space', () =>
    withSmallDisk(async (disk) => {
      const store = openObjectStore(disk);
      await store.put('old', Buffer.from('old'));
      const free = () => statfsSync(disk).bfree;
      const before = free();
      for (const key of ['old', 'new']) {
        const failure = await store.put(key, streamOf(bytes(6 << 20))).catch((error) => error);
        expect(failure).toBeInstanceOf(StorageFullError);
        expect(failure.message).toBe(
          `Writing "${key}" in ${disk}: the disk is full (ENOSPC); free some space.`,
        );
      }
      expect(await keysOf(store)).toEqual(['old']);
      expect(await text(store, 'old')).toBe('old');
      expect(free()).toBe(before);
      await store.put('fits', bytes(2 << 20));
      expect((await read(store, 'fits')).length).toBe(2 << 20);
    }),
  );

  needsMount('that is read-only: writes fail, reads succeed', () =>
    withSmallDisk(async (disk) => {
      const store = openObjectStore(disk);
      await store.put('old', Buffer.from('old'));
      asRoot('mount', '-o', 'remount,ro', disk);
      const failure = await store.put('new', Buffer.from('new')).catch((error) => error);
      expect(failure).toBeInstanceOf(StorageRefusedError);
      expect(failure.message).toMatch(
        /Writing "new" in .*: not permitted \(EROFS\); check the owner and mode/,
      );
      await expect(store.check()).rejects.toThrow(/not permitted \(EROFS\)/);
      expect(await text(store, 'old')).toBe('old');
    }),
  );

  it('with a file size limit: the write fails in the same way', async () => {
    const { lines } = await runStoreProcess(addressOf(root), ['memory', 'up', 3], {
      wrapper: ['sh', '-c', 'ulimit -f 2048; exec "$@"', 'sh'],
    });
    expect(JSON.parse(lines[0])).toEqual({
      name: 'StorageFullError',
      message: expect.stringMatching(/Writing "big" in .*: .* \(EFBIG\); .*ulimit -f/),
    });
    expect(await keysOf(openObjectStore(root))).toEqual([]);
    expect(leftovers(root)).toEqual([]);
  });
});

describe('killed before each call that changes the disk', () => {
  it.each<[string, WriteCondition]>([
    ['a write', {}],
    ['a create-only write', { ifNoneMatch: '*' }],
    ['a compare-and-swap', { ifMatch: 'the etag' }],
  ])('%s is complete or absent, and the next writer continues', async (_, condition) => {
    const start = async (name: string) => {
      const folder = join(root, name);
      const store = openObjectStore(folder);
      const key = condition.ifNoneMatch ? 'folder/new' : 'folder/old';
      const { etag } = await store.put('folder/old', Buffer.from('old'));
      const given = condition.ifMatch ? { ifMatch: etag } : condition;
      const put = (env?: Record<string, string>) =>
        runStoreProcess(addressOf(folder), ['put', key, 'changed', JSON.stringify(given)], { env });
      return { folder, store, key, put };
    };
    const unbroken = await (await start('unbroken')).put();
    const calls = Number(unbroken.lines[0]);
    expect(calls).toBeGreaterThan(4);

    const outcomes = new Set<string | null>();
    const killedAt = async (call: number) => {
      const { folder, store, key, put } = await start(String(call));
      const { signal } = await put({ KILL_AT: String(call) });
      expect([call, signal]).toEqual([call, 'SIGKILL']);
      const found = await store.head(key);
      const content = found && (await text(store, key));
      expect([condition.ifNoneMatch ? null : 'old', 'changed']).toContain(content);
      expect(await text(store, 'folder/old')).toMatch(/^(old|changed)$/);
      outcomes.add(content);

      if (found) await store.put(key, Buffer.from('next'), { ifMatch: found.etag });
      else await store.put(key, Buffer.from('next'), { ifNoneMatch: '*' });
      expect(await text(store, key)).toBe('next');
      await store.removePartialWrites(new Date(Date.now() + 60_000));
      expect(leftovers(folder)).toEqual([]);
    };
    for (let call = 1; call <= calls; call += 3)
      await Promise.all([call, call + 1, call + 2].filter((one) => one <= calls).map(killedAt));
    expect(outcomes.size).toBe(2);
  });
});

describe('a folder that cannot be used', () => {
  it('is named in the error', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const store = openObjectStore(join(file, 'store'));
    for (const failing of [store.check(), store.put('a', Buffer.from('a'))])
      await expect(failing).rejects.toThrow(
        /file\/store cannot be the folder of a store, because a part of that path is a file/,
      );
    expect(await keysOf(store)).toEqual([]);
  });

  it('rejects an object below an object', async () => {
    const store = openObjectStore(root);
    await store.put('a/b', Buffer.from('1'));
    for (const key of ['a', 'a/b/c']) {
      const failure = await store.put(key, Buffer.from('2')).catch((error) => error);
      expect(failure).toBeInstanceOf(InvalidKeyError);
      expect(failure.message).toMatch(/a key cannot lie below an object, nor an object above keys/);
    }
    expect(await store.head('a')).toBeNull();
    expect(await store.head('a/b/c')).toBeNull();
    expect(await keysOf(store)).toEqual(['a/b']);
  });
});
