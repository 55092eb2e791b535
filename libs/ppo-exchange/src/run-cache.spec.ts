import { RunCache } from './run-cache';

describe('the runs that a worker keeps', () => {
  it('are the last few, each opened once, and again where that failed', async () => {
    const cache = new RunCache<string>(2, 60_000);
    const opened: string[] = [];
    const get = (name: string, fails = false) =>
      cache.get(name, async () => {
        opened.push(name);
        if (fails) throw new Error('no');
        return name;
      });
    await get('a');
    await get('b');
    await get('a');
    await get('c');
    await get('a');
    await get('b');
    expect(opened).toEqual(['a', 'b', 'c', 'b']);
    await expect(get('d', true)).rejects.toThrow('no');
    expect(await get('d')).toBe('d');
    cache.close();
  });
});
