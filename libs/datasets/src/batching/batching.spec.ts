import type { TokenizedSupervised } from '../tokenize/supervised';
import { padBatch } from './pad-batch';
import { createSampler } from './sampler';

const document = (length: number, id = 1): TokenizedSupervised => ({
  inputIds: new Int32Array(length).fill(id),
  labels: new Int32Array(length).fill(id),
});

describe('padBatch', () => {
  it('pads on the right', () => {
    const rows = [
      { inputIds: Int32Array.of(5, 6, 7), labels: Int32Array.of(-100, 6, 7) },
      { inputIds: Int32Array.of(8) },
    ];
    const batch = padBatch(rows, { padTokenId: 9, roundLength: () => 4 });
    expect(batch).toEqual({
      batchSize: 2,
      length: 4,
      inputIds: Int32Array.of(5, 6, 7, 9, 8, 9, 9, 9),
      labels: Int32Array.of(-100, 6, 7, -100, -100, -100, -100, -100),
      positionIds: Int32Array.of(0, 1, 2, 0, 0, 0, 0, 0),
      segmentIds: Int32Array.of(0, 0, 0, -1, 0, -1, -1, -1),
      lengths: Int32Array.of(3, 1),
    });
  });

  it('keeps the positions and segments of packed rows', () => {
    const row = {
      inputIds: Int32Array.of(1, 1, 2),
      positionIds: Int32Array.of(0, 1, 0),
      segmentIds: Int32Array.of(0, 0, 1),
    };
    const batch = padBatch([row], { padTokenId: null, roundLength: () => 4 });
    expect(batch.inputIds).toEqual(Int32Array.of(1, 1, 2, 0));
    expect(batch.positionIds).toEqual(Int32Array.of(0, 1, 0, 0));
    expect(batch.segmentIds).toEqual(Int32Array.of(0, 0, 1, -1));
  });

  it.each([
    [1, 32],
    [32, 32],
    [33, 64],
    [90, 90],
  ])('%i tokens become %i, never more than maxLength', (length, want) => {
    const roundLength = (longest: number) => Math.ceil(longest / 32) * 32;
    expect(padBatch([document(length)], { padTokenId: 0, roundLength, maxLength: 90 }).length).toBe(want);
  });

  it.each<[string, TokenizedSupervised[], object, RegExp]>([
    ['no rows', [], {}, /no rows/],
    ['an empty row', [document(3), document(0)], {}, /row 1 is empty/],
    ['a row too long', [document(9)], { maxLength: 8 }, /9 tokens, maxLength is 8/],
  ])('refuses %s', (_, rows, options, message) => {
    expect(() => padBatch(rows, { padTokenId: 0, ...options })).toThrow(message);
  });
});

describe('createSampler', () => {
  const lengths = Array.from({ length: 23 }, (_, i) => (i * 7) % 23);
  const options = { size: 23, seed: 4, batchSize: 5 };
  const take = (sampler: ReturnType<typeof createSampler>, count: number) =>
    Array.from({ length: count }, () => sampler.next());

  it.each([{}, { groupByLength: lengths }])('visits each example once an epoch: %j', (more) => {
    const epochs = [0, 1].map((epoch) =>
      take(createSampler({ ...options, ...more }), 10)
        .filter((batch) => batch.epoch === epoch)
        .flatMap((batch) => batch.indices),
    );
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('ends an epoch with a short batch, or fills it from the next', () => {
    expect(take(createSampler(options), 6).map((batch) => batch.indices.length)).toEqual([5, 5, 5, 5, 3, 5]);
    const full = take(createSampler({ ...options, lastBatch: 'full' }), 23);
    expect(full.every((batch) => batch.indices.length === 5)).toBe(true);
    const counts = new Map<number, number>();
    for (const index of full.flatMap((batch) => batch.indices))
      counts.set(index, (counts.get(index) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array(23).fill(5));
    const huge = createSampler({ size: 2, seed: 1, batchSize: 5, lastBatch: 'full' }).next();
    expect(huge.indices).toHaveLength(5);
  });

  it.each([{}, { groupByLength: lengths }, { lastBatch: 'full' as const }])(
    'resumes exactly after any batch: %j',
    (more) => {
      const unbroken = take(createSampler({ ...options, ...more }), 14);
      for (let stop = 0; stop < 14; stop++) {
        const first = createSampler({ ...options, ...more });
        take(first, stop);
        const resumed = createSampler({ ...options, ...more });
        resumed.restore(JSON.parse(JSON.stringify(first.state())));
        expect(take(resumed, 14 - stop)).toEqual(unbroken.slice(stop));
      }
    },
  );

  it('groups examples of about the same length', () => {
    const size = 1000;
    const random = Array.from({ length: size }, (_, i) => (i * 7919) % 509);
    const spread = (groupByLength?: number[]) => {
      const sampler = createSampler({ size, seed: 1, batchSize: 10, groupByLength });
      const ranges = take(sampler, 100).map(({ indices }) => {
        const own = indices.map((index) => random[index]);
        return Math.max(...own) - Math.min(...own);
      });
      return ranges.reduce((sum, range) => sum + range, 0) / ranges.length;
    };
    expect(spread(random)).toBeLessThan(spread() / 10);
  });

  const sampler = createSampler(options);
  const state = sampler.state();
  it.each<[string, () => unknown, RegExp]>([
    ['no examples', () => createSampler({ ...options, size: 0 }), /size is 0/],
    ['half a batch', () => createSampler({ ...options, batchSize: 0.5 }), /batchSize is 0.5/],
    ['too few lengths', () => createSampler({ ...options, groupByLength: [1] }), /1 lengths for 23 examples/],
    [
      'other data',
      () => sampler.restore({ ...state, size: 24 }),
      /for 24 examples and seed 4, this run has 23/,
    ],
    ['another seed', () => sampler.restore({ ...state, seed: 5 }), /same data and seed/],
    ['a position outside', () => sampler.restore({ ...state, position: 23 }), /is damaged/],
    ['a fraction', () => sampler.restore({ ...state, epoch: 0.5 }), /is damaged/],
  ])('refuses %s', (_, action, message) => {
    expect(action).toThrow(message);
  });
});
