import { InvalidKeyError } from '../../errors';
import type { ObjectStore } from '../../object-store';
import { text } from '../bytes';
import { keysOf } from '../keys-of';
import type { StoreContract } from './contract';

export const keysContract: StoreContract = (open) => {
  let store: ObjectStore;
  beforeEach(() => {
    store = open();
  });

  const fill = (keys: readonly string[]) => Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));

  it('accepts every valid key', async () => {
    const keys = [
      'a b/c  d',
      '.hidden',
      '...',
      'a/.store/b',
      'storage',
      'q?x=1&y=2',
      '100%',
      '%2e%2e',
      'a+b',
      '#',
      `quotes'"<>|*`,
      'a:b',
      '007',
      '1e3',
      ' leading and trailing ',
      'ünïcödé/日本語/🙂',
      'e\u0301 and é',
      'x'.repeat(255),
      // Leaves room for the store's own prefix, which counts on S3.
      Array.from({ length: 9 }, (_, i) => `${i}`.repeat(100)).join('/'),
    ];
    await fill(keys);
    for (const key of keys) {
      expect(await text(store, key)).toBe(key);
      expect((await store.head(key))?.key).toBe(key);
    }
    expect(new Set(await keysOf(store))).toEqual(new Set(keys));
    for (const key of keys) await store.delete(key);
    expect(await keysOf(store)).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['is empty', '', /empty part/],
    ['begins with a slash', '/a', /empty part/],
    ['ends with a slash', 'a/', /empty part/],
    ['has an empty part', 'a//b', /empty part/],
    ['leaves the store', '../a', /the part "\.\."/],
    ['leaves the store in the middle', 'a/../../b', /the part "\.\."/],
    ['has the part "."', 'a/./b', /the part "\."/],
    ['has a backslash', 'a\\b', /backslash/],
    ['has a NUL', 'a\0b', /control character/],
    ['has a line break', 'a\nb', /control character/],
    ['has a lone surrogate', 'a\ud800', /well-formed Unicode/],
    ['has a long part', 'é'.repeat(128), /part of more than 255 bytes/],
    ['is long', 'a/'.repeat(600), /longer than \d+ bytes/],
    ['starts with the reserved part', '.store/tmp/a', /reserved for the store/],
    ['is the reserved part', '.store', /reserved for the store/],
  ])('rejects a key that %s, in every method', async (_, key, message) => {
    const calls = [() => store.put(key, Buffer.from('')), () => store.get(key), () => store.head(key)];
    for (const call of [...calls, () => store.delete(key)]) {
      const failure = await call().catch((error) => error);
      expect(failure).toBeInstanceOf(InvalidKeyError);
      expect(failure.message).toMatch(message);
    }
    expect(await keysOf(store)).toEqual([]);
  });

  const listed = ['a', 'a!/x', 'a-b', 'a.b/c', 'a0', 'b/1', 'b/1.txt', 'b/10', 'b/2/3', 'é', '\uffee', '🙂'];

  it('lists keys sorted by their bytes, with folders between files', async () => {
    await fill([...listed].reverse());
    // "🙂" is after "\uffee" in UTF-8, and before it in UTF-16.
    expect(await keysOf(store)).toEqual(listed);
  });

  it.each<[string, string[]]>([
    ['a', ['a', 'a!/x', 'a-b', 'a.b/c', 'a0']],
    ['a.', ['a.b/c']],
    ['a.b/', ['a.b/c']],
    ['b/', ['b/1', 'b/1.txt', 'b/10', 'b/2/3']],
    ['b/1', ['b/1', 'b/1.txt', 'b/10']],
    ['b/2/3', ['b/2/3']],
    ['b/2/3/', []],
    ['c', []],
    ['none/of/it', []],
  ])('lists keys that start with "%s"', async (prefix, expected) => {
    await fill(listed);
    expect(await keysOf(store, prefix)).toEqual(expected);
  });

  it.each(['../', 'a//b', '/', 'a\\', 'a\0'])('rejects the prefix %j', async (prefix) => {
    await expect(keysOf(store, prefix)).rejects.toThrow(InvalidKeyError);
  });

  it('lists several pages, with sizes and etags, and may be stopped early', async () => {
    const keys = Array.from({ length: 1100 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    for (let i = 0; i < keys.length; i += 100) await fill(keys.slice(i, i + 100));
    expect(await keysOf(store, 'many/')).toEqual(keys);
    for await (const object of store.list('many/')) {
      expect(object).toEqual(await store.head(object.key));
      expect(object.size).toBe(9);
      break;
    }
  });

  it('lists during concurrent writes and deletes', async () => {
    const stay = Array.from({ length: 20 }, (_, i) => `stay/${i}`).sort();
    const go = Array.from({ length: 20 }, (_, i) => `go/${i}`);
    await fill([...stay, ...go]);
    const [found] = await Promise.all([
      keysOf(store),
      ...go.map((key) => store.delete(key)),
      fill(['new/1']),
    ]);
    expect(found.filter((key) => key.startsWith('stay/'))).toEqual(stay);
  });
};
