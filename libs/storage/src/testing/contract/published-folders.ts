import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ObjectStore } from '../../object-store';
import { fetchFolder } from '../../published/fetch-folder';
import { publishFolder } from '../../published/publish-folder';
import { keysOf } from '../keys-of';
import type { StoreContract } from './contract';

export const publishedFoldersContract: StoreContract = (open) => {
  let here: string;
  let store: ObjectStore;
  let puts: string[];

  beforeEach(() => {
    here = mkdtempSync(join(tmpdir(), 'published-'));
    puts = [];
    const opened = open();
    store = Object.assign(Object.create(opened), {
      put: (key: string, ...rest: [Buffer]) => {
        puts.push(key);
        return opened.put(key, ...rest);
      },
    });
  });
  afterEach(() => rmSync(here, { recursive: true }));

  const write = (files: Record<string, string>, name = 'model') => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(here, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return join(here, name);
  };
  const cache = () => join(here, 'cache');
  const model = {
    'config.json': '{}',
    'weights/a.bin': 'aaa',
    'weights/b.bin': 'bbb',
    'manifest.json': 'mine',
  };

  it('fetches the published folder with its subfolders', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    expect(reference.uri).toMatch(/models\/x\/[0-9a-f]{32}\/manifest\.json$/);
    const fetched = await fetchFolder(store, reference, cache());
    const found = Object.keys(model).map((path) => [path, readFileSync(join(fetched, path), 'utf8')]);
    expect(Object.fromEntries(found)).toEqual(model);
    expect(readdirSync(cache()).sort()).toEqual([reference.sha256, `${reference.sha256}.manifest.json`]);
  });

  it('writes the manifest last', async () => {
    await publishFolder(store, 'models/x', write(model));
    expect(puts.map((key) => key.split('/').slice(3).join('/'))).toEqual([
      'mark',
      'files/config.json',
      'files/manifest.json',
      'files/weights/a.bin',
      'files/weights/b.bin',
      'manifest.json',
    ]);
  });

  it('uploads nothing twice, and never changes a published folder', async () => {
    const folder = write(model);
    const first = await publishFolder(store, 'models/x', folder);
    puts.length = 0;
    expect(await publishFolder(store, 'models/x', folder)).toEqual(first);
    utimesSync(join(folder, 'config.json'), 1, 1);
    expect(await publishFolder(store, 'models/x', folder)).toEqual(first);
    expect(puts.filter((key) => key.includes('/files/'))).toEqual([]);

    writeFileSync(join(folder, 'config.json'), '{"a":1}');
    const second = await publishFolder(store, 'models/x', folder);
    expect(second.version).not.toBe(first.version);
    expect(readFileSync(join(await fetchFolder(store, first, cache()), 'config.json'), 'utf8')).toBe('{}');
  });

  it('continues after a failed attempt, which was invisible', async () => {
    const folder = write(model);
    const failing = Object.assign(Object.create(store), {
      put: (key: string, body: Buffer) => {
        if (key.endsWith('b.bin')) throw new Error('the connection is lost');
        return store.put(key, body);
      },
    });
    await expect(publishFolder(failing, 'models/x', folder)).rejects.toThrow('the connection is lost');
    expect((await keysOf(store)).filter((key) => /[0-9a-f]{32}\/manifest\.json$/.test(key))).toEqual([]);
    puts.length = 0;
    await publishFolder(store, 'models/x', folder);
    expect(puts.map((key) => key.split('/').slice(3).join('/'))).toEqual([
      'mark',
      'files/weights/b.bin',
      'manifest.json',
    ]);
  });

  it('follows links to files, and rejects links to folders', async () => {
    const folder = write({ 'blob/1': 'content' });
    symlinkSync(join(folder, 'blob/1'), join(folder, 'link.txt'));
    const fetched = await fetchFolder(store, await publishFolder(store, 'x', folder), cache());
    expect(readFileSync(join(fetched, 'link.txt'), 'utf8')).toBe('content');
    symlinkSync(join(folder, 'blob'), join(folder, 'folder-link'));
    await expect(publishFolder(store, 'x', folder)).rejects.toThrow(/folder-link is not a file/);
    mkdirSync(join(here, 'empty'));
    await expect(publishFolder(store, 'x', join(here, 'empty'))).rejects.toThrow(/empty has no files/);
  });

  it('ten concurrent calls publish, and ten fetch, the same folder', async () => {
    const folder = write(model);
    const ten = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 10 }, work));
    const [reference, ...others] = await ten(() => publishFolder(store, 'models/x', folder));
    expect(others).toEqual(Array(9).fill(reference));
    expect(new Set(await ten(() => fetchFolder(store, reference, cache()))).size).toBe(1);
    expect(readdirSync(cache()).sort()).toEqual([reference.sha256, `${reference.sha256}.manifest.json`]);
  });

  it('independent workers fetch the same folder into one cache', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const workers = Array.from({ length: 5 }, () => {
      let copy = { fetchFolder };
      jest.isolateModules(() => {
        copy = require('../../published/fetch-folder');
      });
      return copy;
    });
    const fetched = await Promise.all(workers.map((copy) => copy.fetchFolder(store, reference, cache())));
    expect(new Set(fetched).size).toBe(1);
    expect(readdirSync(cache()).sort()).toEqual([reference.sha256, `${reference.sha256}.manifest.json`]);
  });

  it('rejects damaged content, and leaves no files', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const key = (await keysOf(store)).find((one) => one.endsWith('b.bin'))!;
    await store.put(key, Buffer.from('bbX'));
    await expect(fetchFolder(store, reference, cache())).rejects.toThrow(/b\.bin" has sha256/);
    expect(readdirSync(cache())).toEqual([]);
  });

  it('fetches a folder again whose cached copy is damaged, incomplete or without a manifest', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const fetched = await fetchFolder(store, reference, cache());
    const damage = [
      () => writeFileSync(join(fetched, 'weights/b.bin'), 'bbX'),
      () => writeFileSync(join(fetched, 'weights/b.bin'), 'bb'),
      () => rmSync(join(fetched, 'weights/a.bin')),
      () => writeFileSync(`${fetched}.manifest.json`, '{}'),
      () => rmSync(`${fetched}.manifest.json`),
    ];
    for (const change of damage) {
      change();
      expect(await fetchFolder(store, reference, cache())).toBe(fetched);
      expect(readFileSync(join(fetched, 'weights/a.bin'), 'utf8')).toBe('aaa');
      expect(readFileSync(join(fetched, 'weights/b.bin'), 'utf8')).toBe('bbb');
    }
    expect(readdirSync(cache()).length).toBe(2);
  });

  it('names the damage where a cached copy and the store are both damaged', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const fetched = await fetchFolder(store, reference, cache());
    writeFileSync(join(fetched, 'weights/b.bin'), 'bbX');
    const key = (await keysOf(store)).find((one) => one.endsWith('b.bin'))!;
    await store.put(key, Buffer.from('bbY'));
    await expect(fetchFolder(store, reference, cache())).rejects.toThrow(/b\.bin" has sha256/);
    await publishFolder(store, 'models/x', write(model));
    expect(readFileSync(join(await fetchFolder(store, reference, cache()), 'weights/b.bin'), 'utf8')).toBe(
      'bbb',
    );
  });

  it('repairs damaged objects and a damaged manifest when it is published again', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const damaged = (await keysOf(store)).filter((key) =>
      /b\.bin$|\/[0-9a-f]{32}\/manifest\.json$/.test(key),
    );
    expect(damaged.length).toBe(2);
    for (const key of damaged) await store.put(key, Buffer.alloc((await store.head(key))!.size, 'X'));
    await expect(fetchFolder(store, reference, cache())).rejects.toThrow(/has sha256/);
    puts = [];
    expect(await publishFolder(store, 'models/x', write(model))).toEqual(reference);
    expect(puts.filter((key) => !key.endsWith('/mark')).sort()).toEqual(
      expect.arrayContaining([...damaged].sort()),
    );
    expect(puts.some((key) => key.endsWith('a.bin'))).toBe(false);
    expect(readFileSync(join(await fetchFolder(store, reference, cache()), 'weights/b.bin'), 'utf8')).toBe(
      'bbb',
    );
  });

  it('uses the cache without requests, and removes the temporary folders of dead processes', async () => {
    const reference = await publishFolder(store, 'models/x', write(model));
    const [dead, alive] = ['dead', 'alive'].map((name) =>
      join(cache(), `${'0'.repeat(64)}.fetching-${name}`),
    );
    for (const path of [dead, alive]) mkdirSync(path, { recursive: true });
    utimesSync(dead, 1, 1);
    const fetched = await fetchFolder(store, reference, cache());
    expect([dead, alive].map((path) => existsSync(path))).toEqual([false, true]);
    for (const key of await keysOf(store)) await store.delete(key);
    expect(await fetchFolder(store, reference, cache())).toBe(fetched);
  });

  const hash = '0'.repeat(64);
  it.each<[string, string, RegExp]>([
    ['leaves the folder', file('../x'), /the part "\.\."/],
    ['has an absolute path', file('/etc/x'), /an empty part/],
    ['has a backslash', file('..\\x'), /backslash/],
    ['names a file twice', list([one('a'), one('a')]), /names a file twice/],
    ['has another format', '{"formatVersion":2,"files":[]}', /not a valid manifest.*formatVersion/s],
    ['is not JSON', '{', /not a valid manifest: it is not JSON/],
  ])('rejects a manifest that %s', async (_, text, message) => {
    const key = `models/x/${'0'.repeat(32)}/manifest.json`;
    await store.put(key, Buffer.from(text));
    const sha256 = createHash('sha256').update(text).digest('hex');
    const uri = `${store.url.replace(/\/$/, '')}/${key}`;
    await expect(fetchFolder(store, { uri, sha256 }, cache())).rejects.toThrow(message);
    expect(existsSync(cache())).toBe(false);
  });

  it('rejects a manifest with another hash, in another store, or that is missing', async () => {
    const { uri, sha256 } = await publishFolder(store, 'models/x', write(model));
    await expect(fetchFolder(store, { uri, sha256: hash }, cache())).rejects.toThrow(/has sha256/);
    await expect(
      fetchFolder(store, { uri: 's3://other/manifest.json', sha256: hash }, cache()),
    ).rejects.toThrow(/s3:\/\/other\/manifest\.json is not a manifest in the store/);
    for (const key of await keysOf(store)) await store.delete(key);
    await expect(fetchFolder(store, { uri, sha256 }, cache())).rejects.toThrow(/no object "models\/x/);
  });

  function one(path: string) {
    return { path, size: 1, sha256: hash };
  }
  function list(files: object[]): string {
    return JSON.stringify({ formatVersion: 1, files });
  }
  function file(path: string): string {
    return list([one(path)]);
  }
};
