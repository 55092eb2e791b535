import { Mutex } from 'async-mutex';

const mutex = new Mutex();

/**
 * Executes work on models, one piece at a time in this process. Each piece uses all cores, so one after the other takes
 * less time than several at once.
 * @returns the result, and the seconds of work without those of waiting
 */
export function computeExclusively<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  return mutex.runExclusive(async () => {
    const start = performance.now();
    const result = await work();
    return { result, seconds: (performance.now() - start) / 1000 };
  });
}
