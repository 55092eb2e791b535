import { partitionOf } from './partition-of';

describe('partitionOf', () => {
  // Values from Kafka's Java client: Utils.toPositive(Utils.murmur2(key)) % 12.
  it.each([
    ['run-1', 1],
    ['run-2', 5],
    ['ppo-2026-11', 7],
    ['model/smollm2', 6],
    ['ä', 5],
  ])('puts %s into the same partition as other Kafka clients', (key, partition) => {
    expect(partitionOf('any', key, 12)).toBe(partition);
  });

  it('goes round-robin without a key', () => {
    expect(new Set(Array.from({ length: 6 }, () => partitionOf('turns', null, 3))).size).toBe(3);
  });
});
