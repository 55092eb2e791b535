import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectStore } from '../../object-store';
import { importOnce } from '../../published/import-once';
import { keysOf } from '../keys-of';
import type { StoreContract } from './contract';

export const importOnceContract: StoreContract = (open) => {
  let here: string;
  let store: ObjectStore;
  let made: number;
  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), 'import-'));
    store = open();
    made = 0;
    mkdirSync(join(here, 'source'));
    for (const name of ['model.gguf', 'other.gguf']) writeFileSync(join(here, 'source', name), name);
  });
  afterEach(() => rmSync(here, { recursive: true }));

  const bring = (machine: string, path = 'source') =>
    importOnce(store, 'models/base/m', join(here, machine), async () => {
      made++;
      return join(here, path);
    });

  it('a folder is made by the first, and comes from the store to all others', async () => {
    expect(await bring('one')).toBe(join(here, 'source'));
    rmSync(join(here, 'source'), { recursive: true });
    const [two, three] = [await bring('two'), await bring('three')];
    for (const folder of [two, three])
      expect(readFileSync(join(folder, 'other.gguf'), 'utf8')).toBe('other.gguf');
    expect(made).toBe(1);
    expect(await bring('two')).toBe(two);
  });

  it('a file comes as a file, without its neighbours', async () => {
    await bring('one', 'source/model.gguf');
    const path = await bring('two');
    expect(readFileSync(path, 'utf8')).toBe('model.gguf');
    expect((await keysOf(store)).filter((key) => key.includes('/files/'))).toHaveLength(1);
  });

  it('many at once bring the same', async () => {
    const paths = await Promise.all(['a', 'b', 'c', 'd'].map((machine) => bring(machine)));
    for (const path of paths) expect(readFileSync(join(path, 'model.gguf'), 'utf8')).toBe('model.gguf');
    expect((await keysOf(store)).filter((key) => key.includes('/files/'))).toHaveLength(2);
  });

  it('what was deleted is brought again', async () => {
    await bring('one');
    for (const key of await keysOf(store)) if (!key.endsWith('current.json')) await store.delete(key);
    expect(await bring('two')).toBe(join(here, 'source'));
    expect(readFileSync(join(await bring('three'), 'model.gguf'), 'utf8')).toBe('model.gguf');
    expect(made).toBe(2);
  });

  it('what cannot be had is told, and nothing is imported', async () => {
    const failing = () => Promise.reject(new Error('no connection'));
    await expect(importOnce(store, 'models/base/m', join(here, 'one'), failing)).rejects.toThrow(
      'no connection',
    );
    expect(await keysOf(store)).toEqual([]);
  });
};
