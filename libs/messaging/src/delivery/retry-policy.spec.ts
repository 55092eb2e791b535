import { checkRetryPolicy, DEFAULT_RETRY, delayAfter } from './retry-policy';

describe('retry policy', () => {
  it('doubles the delay up to the maximum, with jitter between half of it and all of it', () => {
    const policy = { attempts: 9, firstDelayMs: 100, maxDelayMs: 1000 };
    expect([1, 2, 3, 4, 5, 9].map((attempt) => delayAfter(attempt, policy, () => 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
    expect(delayAfter(1, policy, () => 0)).toBe(50);
    expect(checkRetryPolicy(DEFAULT_RETRY)).toBe(DEFAULT_RETRY);
  });

  it.each([
    [{ attempts: 0 }, 'retry.attempts is 0'],
    [{ attempts: 1.5 }, 'retry.attempts is 1.5'],
    [{ firstDelayMs: -1 }, 'retry.firstDelayMs is -1'],
    [{ maxDelayMs: Number.NaN }, 'retry.maxDelayMs is NaN'],
  ])('rejects %j', (invalid, error) => {
    expect(() => checkRetryPolicy({ ...DEFAULT_RETRY, ...invalid })).toThrow(error);
  });
});
