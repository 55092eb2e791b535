import { isLoopback } from './access-mode';
import { RateLimiter } from './rate-limiter';
import { StreamLimiter } from './stream-limiter';

describe('RateLimiter', () => {
  it('accepts a burst from each caller, then refills evenly', () => {
    const limiter = new RateLimiter(60);
    const take = (caller: string, second: number) => limiter.take(caller, second * 1000);
    for (let i = 0; i < 60; i++) expect(take('a', 0)).toBe(0);
    expect(take('a', 0)).toBe(1);
    expect(take('b', 0)).toBe(0);
    expect(take('a', 1)).toBe(0);
    expect(take('a', 1)).toBe(1);
    for (let i = 0; i < 60; i++) expect(take('a', 3600)).toBe(0);
    expect(take('a', 3600)).toBe(1);
  });

  it('does not depend on the time of day, which may be set back', () => {
    const limiter = new RateLimiter(60_000);
    const day = jest.spyOn(Date, 'now').mockReturnValue(0);
    while (limiter.take('a') === 0);
    expect(day).not.toHaveBeenCalled();
    day.mockRestore();
  });

  it('returns the seconds to wait', () => {
    const limiter = new RateLimiter(2);
    limiter.take('a', 0);
    limiter.take('a', 0);
    expect(limiter.take('a', 0)).toBe(30);
    expect(limiter.take('a', 15_000)).toBe(15);
  });
});

describe('StreamLimiter', () => {
  it('counts open streams', () => {
    const limiter = new StreamLimiter(2);
    const release = limiter.acquire('a')!;
    expect(limiter.acquire('a')).not.toBeNull();
    expect(limiter.acquire('a')).toBeNull();
    expect(limiter.acquire('b')).not.toBeNull();
    release();
    release();
    expect(limiter.total).toBe(2);
    expect(limiter.acquire('a')).not.toBeNull();
    expect(limiter.acquire('a')).toBeNull();
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['localhost.example', false],
    ['127.0.0.1.example', false],
    ['', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
