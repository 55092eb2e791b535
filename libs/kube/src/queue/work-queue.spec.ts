import { setTimeout as sleep } from 'node:timers/promises';
import { KubeError } from '../client/kube-error';
import { WorkQueue, type WorkQueueOptions } from './work-queue';

describe('WorkQueue', () => {
  const handled: string[] = [];

  const queueOf = (options: Partial<WorkQueueOptions> = {}) =>
    new WorkQueue({
      name: 'widgets',
      handler: async (key) => {
        handled.push(key);
      },
      ...options,
    });

  /** A handler whose calls end when the spec says so. */
  function held() {
    const running: { key: string; end: () => void; fail: (error: Error) => void }[] = [];
    const handler = (key: string) =>
      new Promise<void>((resolve, reject) => {
        handled.push(key);
        running.push({ key, end: resolve, fail: reject });
      });
    return { running, handler };
  }

  beforeEach(() => {
    handled.length = 0;
  });

  describe('with time under control', () => {
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    it('handles each key once, in the order in which they were first added', async () => {
      const queue = queueOf();
      for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
      expect(queue.depth).toBe(3);
      queue.start();
      await jest.advanceTimersByTimeAsync(0);
      expect(handled).toEqual(['b', 'a', 'c']);
    });

    it('never handles a key twice at the same time, and again when it was added meanwhile', async () => {
      const { running, handler } = held();
      const queue = queueOf({ handler });
      queue.start();
      queue.add('a');
      queue.add('a');
      queue.add('a');
      expect(handled).toEqual(['a']);
      running[0].end();
      await jest.advanceTimersByTimeAsync(0);
      expect(handled).toEqual(['a', 'a']);
      running[1].end();
      await jest.advanceTimersByTimeAsync(0);
      expect(handled).toEqual(['a', 'a']);
    });

    it('handles as many keys at the same time as it has workers', async () => {
      const { running, handler } = held();
      const queue = queueOf({ handler, workers: 2 });
      queue.start();
      for (const key of ['a', 'b', 'c']) queue.add(key);
      expect(handled).toEqual(['a', 'b']);
      running[1].end();
      await jest.advanceTimersByTimeAsync(0);
      expect(handled).toEqual(['a', 'b', 'c']);
    });

    it('waits longer after each failure in a row, up to the limit, and forgets them after a success', async () => {
      const failures: number[] = [];
      const times: number[] = [];
      const recovered: string[] = [];
      const retried: string[] = [];
      let fails = true;
      const queue = queueOf({
        backoff: { baseMs: 100, maxMs: 1_000 },
        handler: async (_, context) => {
          failures.push(context.failures);
          times.push(performance.now());
          if (fails) throw new Error('not yet');
        },
        onRecovered: (key) => recovered.push(key),
        metrics: {
          depth: () => undefined,
          waited: () => undefined,
          worked: () => undefined,
          retried: (name) => retried.push(name),
        },
      });
      queue.start();
      queue.add('a');
      await jest.advanceTimersByTimeAsync(0);
      for (const longest of [100, 200, 400, 800, 1_000, 1_000]) {
        await jest.advanceTimersToNextTimerAsync();
        const waited = times.at(-1)! - times.at(-2)!;
        expect(waited).toBeGreaterThanOrEqual(longest / 2 - 1);
        expect(waited).toBeLessThanOrEqual(longest + 1);
      }
      expect(failures).toEqual([0, 1, 2, 3, 4, 5, 6]);
      fails = false;
      await jest.advanceTimersByTimeAsync(1_000);
      expect(recovered).toEqual(['a']);
      queue.add('a');
      await jest.advanceTimersByTimeAsync(0);
      expect(failures.at(-1)).toBe(0);
      expect(retried).toHaveLength(7);
    });

    it('waits at least as long as the API server asks for', async () => {
      const queue = queueOf({
        backoff: { baseMs: 10, maxMs: 10 },
        handler: async (key) => {
          handled.push(key);
          throw new KubeError({
            status: 429,
            reason: 'TooManyRequests',
            message: 'slow',
            retryAfterMs: 5_000,
          });
        },
      });
      queue.start();
      queue.add('a');
      await jest.advanceTimersByTimeAsync(4_900);
      expect(handled).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(200);
      expect(handled).toHaveLength(2);
    });

    it('handles a key again after the time that its handler asks for, or earlier when a change comes', async () => {
      const queue = queueOf({
        handler: async (key) => {
          handled.push(key);
          return { requeueAfterMs: 1_000 };
        },
      });
      queue.start();
      queue.add('a');
      await jest.advanceTimersByTimeAsync(999);
      expect(handled).toHaveLength(1);
      queue.add('a');
      await jest.advanceTimersByTimeAsync(0);
      expect(handled).toHaveLength(2);
      await jest.advanceTimersByTimeAsync(1);
      expect(handled).toHaveLength(3);
    });

    it('keeps the earliest of several times', async () => {
      const queue = queueOf();
      queue.start();
      queue.addAfter('a', 500);
      queue.addAfter('a', 100);
      queue.addAfter('a', 900);
      await jest.advanceTimersByTimeAsync(100);
      expect(handled).toEqual(['a']);
      await jest.advanceTimersByTimeAsync(2_000);
      expect(handled).toEqual(['a']);
    });
  });

  it('drains: ends what it handles, forgets what waits, takes nothing more', async () => {
    const { running, handler } = held();
    const queue = queueOf({ handler, workers: 1 });
    queue.start();
    queue.add('a');
    queue.add('b');
    queue.addAfter('c', 10);
    const drained = queue.drain(5_000);
    queue.add('d');
    await sleep(30);
    running[0].end();
    expect(await drained).toBe(true);
    await sleep(30);
    expect(handled).toEqual(['a']);
  });

  it('aborts the handlers when the time of grace is over', async () => {
    const queue = queueOf({
      handler: (_, { signal }) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
    });
    queue.start();
    queue.add('a');
    const start = performance.now();
    expect(await queue.drain(50)).toBe(true);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('says when a handler does not end', async () => {
    const { running, handler } = held();
    const queue = queueOf({ handler });
    queue.start();
    queue.add('a');
    expect(await queue.drain(10)).toBe(false);
    running[0].end();
  });

  it('counts depth, waiting and work', async () => {
    const depths: number[] = [];
    const seconds: Record<string, number> = {};
    const queue = queueOf({
      workers: 1,
      handler: async () => {
        await sleep(30);
      },
      metrics: {
        depth: (_, keys) => depths.push(keys),
        waited: (_, value) => {
          seconds['waited'] = value;
        },
        worked: (_, value) => {
          seconds['worked'] = value;
        },
        retried: () => undefined,
      },
    });
    queue.add('a');
    queue.add('b');
    queue.start();
    await sleep(100);
    expect(depths).toEqual([1, 2, 1, 0]);
    expect(seconds['worked']).toBeGreaterThan(0.025);
    expect(seconds['waited']).toBeGreaterThan(0.025);
  });
});
