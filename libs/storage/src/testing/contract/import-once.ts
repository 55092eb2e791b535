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

  const importFor = (machine: string, path = 'source') =>
    importOnce(store, 'models/base/m', join(here, machine), async () => {
      made++;
      return join(here, path);
    });

  it('the first call imports a folder, and others fetch it from the store', async () => {
    expect(await importFor('one')).toBe(join(here, 'source'));
    rmSync(join(here, 'source'), { recursive: true });
    const [two, three] = [await importFor('two'), await importFor('three')];
    for (const folder of [two, three])
      expect(readFileSync(join(folder, 'other.gguf'), 'utf8')).toBe('other.gguf');
    expect(made).toBe(1);
    expect(await importFor('two')).toBe(two);
  });

  it('a file is imported without its neighbors', async () => {
    await importFor('one', 'source/model.gguf');
    const path = await importFor('two');
    expect(readFileSync(path, 'utf8')).toBe('model.gguf');
    expect((await keysOf(store)).filter((key) => key.includes('/files/'))).toHaveLength(1);
  });

  it('concurrent calls import the same content', async () => {
    const paths = await Promise.all(['a', 'b', 'c', 'd'].map((machine) => importFor(machine)));
    for (const path of paths) expect(readFileSync(join(path, 'model.gguf'), 'utf8')).toBe('model.gguf');
    expect((await keysOf(store)).filter((key) => key.includes('/files/'))).toHaveLength(2);
  });

  it('deleted content is imported again', async () => {
    await importFor('one');
    for (const key of await keysOf(store)) if (!key.endsWith('current.json')) await store.delete(key);
    expect(await importFor('two')).toBe(join(here, 'source'));
    expect(readFileSync(join(await importFor('three'), 'model.gguf'), 'utf8')).toBe('model.gguf');
    expect(made).toBe(2);
  });

  it('a failed import is reported, and stores nothing', async () => {
    const failing = () => Promise.reject(new Error('no connection'));
    await expect(importOnce(store, 'models/base/m', join(here, 'one'), failing)).rejects.toThrow(
      'no connection',
    );
    expect(await keysOf(store)).toEqual([]);
  });
};
