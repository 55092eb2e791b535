import { once } from 'node:events';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ChecksumError, ObjectNotFoundError } from '../../errors';
import { LocalFile } from '../../local-file';
import type { ObjectStore } from '../../object-store';
import { bytes, read, sha256, streamOf, text } from '../bytes';
import { keysOf } from '../keys-of';
import { PART_SIZE, type StoreContract } from './contract';

export const objectsContract: StoreContract = (open) => {
  let store: ObjectStore;
  beforeEach(() => {
    store = open();
  });

  it('reads what was written, with its metadata', async () => {
    const before = Date.now();
    const written = await store.put('a/b.txt', Buffer.from('hello'));
    expect(written).toEqual({ key: 'a/b.txt', size: 5, etag: expect.stringMatching(/./) });
    const found = (await store.head('a/b.txt'))!;
    expect(found).toEqual({ ...written, lastModified: found.lastModified });
    // S3 has a resolution of one second.
    expect(found.lastModified.getTime()).toBeGreaterThan(before - 2000);
    expect(found.lastModified.getTime()).toBeLessThan(Date.now() + 2000);
    expect(await text(store, 'a/b.txt')).toBe('hello');
  });

  it.each<[string, number]>([
    ['no bytes', 0],
    ['one byte', 1],
    ['exactly one part', PART_SIZE],
    ['one byte more than a part', PART_SIZE + 1],
    ['more than two parts', 2 * PART_SIZE + 17],
  ])('writes %s, from bytes and from a stream', async (_, size) => {
    const content = bytes(size);
    expect(await store.put('bytes', content)).toMatchObject({ size });
    expect(await store.put('stream', streamOf(content))).toMatchObject({ size });
    for (const key of ['bytes', 'stream']) {
      expect((await read(store, key)).equals(content)).toBe(true);
      expect(await store.head(key)).toMatchObject({ size });
    }
  });

  it.each([0, PART_SIZE + 1])(
    "writes a file of %d bytes with the store's permissions, and rejects a file that changes",
    async (size) => {
      const folder = mkdtempSync(join(tmpdir(), 'local-file-'));
      try {
        const path = join(folder, 'weights');
        writeFileSync(path, bytes(size), { mode: 0o400 });
        const file = await LocalFile.find(path);
        expect(await file.sha256()).toBe(sha256(bytes(size)));
        expect(await store.put('file', file)).toMatchObject({ size });
        expect((await read(store, 'file')).equals(bytes(size))).toBe(true);

        utimesSync(path, 1, 1);
        await expect(store.put('changed', file)).rejects.toThrow(ChecksumError);
        expect(await keysOf(store)).toEqual(['file']);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('replaces an object atomically, with a new etag', async () => {
    const first = await store.put('a', Buffer.from('a long first version'));
    const second = await store.put('a', Buffer.from('second'));
    expect(second.etag).not.toBe(first.etag);
    expect(await text(store, 'a')).toBe('second');
    expect((await store.head('a'))?.etag).toBe(second.etag);
  });

  it.each([1000, PART_SIZE + 1])('a source that fails after %d bytes changes nothing', async (size) => {
    await store.put('old', Buffer.from('old'));
    const failing = () =>
      Readable.from(
        (async function* () {
          yield bytes(size);
          throw new Error('the source is broken');
        })(),
      );
    await expect(store.put('old', failing())).rejects.toThrow('the source is broken');
    await expect(store.put('new', failing())).rejects.toThrow('the source is broken');
    expect(await keysOf(store)).toEqual(['old']);
    expect(await text(store, 'old')).toBe('old');
    expect(await store.removePartialWrites(new Date(Date.now() + 60_000))).toBe(0);
  });

  it('a stream ends with the correct sha256, and fails with another one', async () => {
    const content = bytes(PART_SIZE + 5);
    await store.put('a', content);
    const good = await buffer(await store.get('a', { sha256: sha256(content) }));
    expect(good.equals(content)).toBe(true);

    content[PART_SIZE] ^= 1;
    await store.put('a', content);
    const damaged = store.get('a', { sha256: sha256(good) });
    const failure = await damaged.then((stream) => buffer(stream)).catch((error) => error);
    expect(failure).toBeInstanceOf(ChecksumError);
    expect(failure.message).toMatch(
      /^"a" has sha256 [0-9a-f]{64}, not [0-9a-f]{64}: .* Write it again from its source/,
    );
  });

  it('a read continues with its version when the object is replaced', async () => {
    const [first, second] = [bytes(2 * PART_SIZE, 1), bytes(2 * PART_SIZE, 2)];
    await store.put('a', first);
    const stream = await store.get('a');
    await once(stream, 'readable');
    await store.put('a', second);
    expect((await buffer(stream)).equals(first)).toBe(true);
    expect((await read(store, 'a')).equals(second)).toBe(true);
  });

  it('a cancelled read leaves nothing open', async () => {
    await store.put('a', bytes(2 * PART_SIZE));
    for (let i = 0; i < 20; i++) {
      const stream = await store.get('a');
      if (i % 2) await once(stream, 'readable');
      stream.destroy();
      await once(stream, 'close');
    }
    expect((await read(store, 'a')).length).toBe(2 * PART_SIZE);
  });

  it('reports a missing object', async () => {
    expect(await store.head('nothing')).toBeNull();
    const failure = await store.get('nothing').catch((error) => error);
    expect(failure).toBeInstanceOf(ObjectNotFoundError);
    expect(failure).toMatchObject({ name: 'ObjectNotFoundError', key: 'nothing' });
    expect(failure.message).toMatch(/no object "nothing" in the store; list its prefix/);
    expect(await keysOf(store)).toEqual([]);
  });

  it('deletes objects, also missing ones', async () => {
    await store.put('a/b', Buffer.from('1'));
    await store.put('a/c', Buffer.from('2'));
    await store.delete('a/b');
    await store.delete('a/b');
    expect(await keysOf(store)).toEqual(['a/c']);
    await store.delete('a/c');
    expect(await keysOf(store)).toEqual([]);
    await store.put('a', Buffer.from('where a folder was'));
    expect(await text(store, 'a')).toBe('where a folder was');
  });

  it('twenty concurrent writers leave one complete version', async () => {
    const versions = Array.from({ length: 20 }, (_, i) => bytes(50_000 + i, i));
    await Promise.all(versions.map((content) => store.put('a', streamOf(content, 1000))));
    const found = await read(store, 'a');
    expect(versions.filter((content) => content.equals(found))).toHaveLength(1);
  });

  it.each([false, true])(
    'concurrent writes and deletes of neighboring keys do not interfere (scratch: %s)',
    async (scratch) => {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          for (let round = 0; round < 10; round++) {
            await store.put(`folder/inner/${i}`, Buffer.from(`${i}`), { scratch });
            await store.delete(`folder/inner/${i}`);
          }
          await store.put(`folder/${i}`, Buffer.from(`${i}`));
        }),
      );
      expect(await keysOf(store)).toHaveLength(20);
    },
  );

  it('passes its own check', async () => {
    await expect(store.check()).resolves.toBeUndefined();
    expect(await keysOf(store)).toEqual([]);
  });
};
