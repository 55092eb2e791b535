import { createRng, type Rng } from './rng';

const draw = (rng: Rng, count: number) => Array.from({ length: count }, () => rng.next());

describe('createRng', () => {
  it('returns the same numbers for the same seed, pinned across versions', () => {
    expect(draw(createRng(42), 3)).toEqual(draw(createRng(42), 3));
    expect(draw(createRng(42), 3)).toMatchInlineSnapshot(`
[
  0.7850681684249995,
  0.4267451728572389,
  0.05744159806885141,
]
`);
    expect(draw(createRng(43), 3)).not.toEqual(draw(createRng(42), 3));
  });

  it('starts similar seeds at distant states', () => {
    const first = Array.from({ length: 2000 }, (_, seed) => createRng(seed).next());
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    const lagged = first.slice(1).map((value, i) => (value - 0.5) * (first[i] - 0.5));
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(lagged.reduce((sum, value) => sum + value, 0) / lagged.length)).toBeLessThan(0.01);
  });

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('refuses the seed %p', (seed) => {
    expect(() => createRng(seed)).toThrow(/seed is .*expected an integer/);
  });
});

describe('distributions', () => {
  const rng = createRng(7);

  it('next() is uniform in [0, 1)', () => {
    const values = draw(rng, 20_000);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    const bins = new Array(10).fill(0);
    for (const value of values) bins[Math.floor(value * 10)]++;
    for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(200);
  });

  it('int(n) covers 0 … n − 1 evenly', () => {
    const bins = new Array(6).fill(0);
    for (let i = 0; i < 12_000; i++) bins[rng.int(6)]++;
    for (const bin of bins) expect(Math.abs(bin - 2000)).toBeLessThan(200);
    expect(rng.int(1)).toBe(0);
    expect(rng.int(2 ** 40)).toBeLessThan(2 ** 40);
  });

  it.each([0, -1, 2.5, Number.NaN])('int(%p) is refused', (n) => {
    expect(() => rng.int(n)).toThrow(/expected a positive integer/);
  });

  it('normal() has the moments of a standard normal', () => {
    const values = Array.from({ length: 40_000 }, () => rng.normal());
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.03);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.3);
  });

  it('shuffle() permutes a copy, every order about equally often', () => {
    const items = [1, 2, 3];
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle(items).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(items).toEqual([1, 2, 3]);
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('fork', () => {
  it('neither advances the stream nor depends on its position', () => {
    const untouched = createRng(5);
    const forked = createRng(5);
    const early = draw(forked.fork('rollout'), 4);
    expect(draw(forked, 4)).toEqual(draw(untouched, 4));
    expect(draw(forked.fork('rollout'), 4)).toEqual(early);
  });

  it('returns a separate stream for every label, type of label and depth', () => {
    const rng = createRng(5);
    const streams = [rng, rng.fork('1'), rng.fork(1), rng.fork(2), rng.fork(1).fork(1), createRng(6).fork(1)];
    expect(new Set(streams.map((stream) => stream.next())).size).toBe(streams.length);
  });
});
