import type { Dataref } from '@open-chatgpt/events';
import { allocateReusable, forgetRecent, keepRecent, recentObject } from './recent-objects';

const MEGABYTE = 1 << 20;
const reference = (name: string, size = MEGABYTE): Dataref => ({
  uri: `store/${name}`,
  sha256: name.padEnd(64, '0'),
  size,
  version: name,
});
const bytes = (size = MEGABYTE) => Buffer.alloc(size);

describe('recent objects', () => {
  afterEach(() => forgetRecent('store/'));

  it('are found by address and hash', () => {
    keepRecent(reference('a'), bytes());
    expect(recentObject(reference('a'))).toHaveLength(MEGABYTE);
    expect(recentObject({ ...reference('a'), sha256: 'b'.repeat(64) })).toBeUndefined();
    forgetRecent('store/');
    expect(recentObject(reference('a'))).toBeUndefined();
  });

  it('take a bounded part of the memory: the oldest are removed first, and large ones are not kept', () => {
    const size = 16 * MEGABYTE;
    for (const name of ['a', 'b', 'c', 'd', 'e']) keepRecent(reference(name, size), bytes(size));
    expect(recentObject(reference('a', size))).toBeUndefined();
    expect(recentObject(reference('b', size))).toBeDefined();
    keepRecent(reference('large', size + 1), bytes(size + 1));
    expect(recentObject(reference('large', size + 1))).toBeUndefined();
  });

  it('leave their memory to the next object of their size, if it is reusable', () => {
    const memory = allocateReusable(MEGABYTE);
    expect(memory).toHaveLength(MEGABYTE);
    keepRecent(reference('a'), memory, { reusable: true });
    expect(allocateReusable(MEGABYTE)).not.toBe(memory);
    forgetRecent('store/a');
    expect(allocateReusable(MEGABYTE + 1)).not.toBe(memory);
    expect(allocateReusable(MEGABYTE)).toBe(memory);
    expect(allocateReusable(MEGABYTE)).not.toBe(memory);
    const other = bytes();
    keepRecent(reference('b'), other);
    forgetRecent('store/b');
    expect(allocateReusable(MEGABYTE)).not.toBe(other);
  });
});
