import * as fc from 'fast-check';
import { partitionId } from '../message';
import { assignPartitions } from './assign-partitions';

const topics = ['t'];
const partition = (number: number) => ({ topic: 't', partition: number });
const partitions = (count: number) => Array.from({ length: count }, (_, number) => partition(number));

function numbersOf(shares: ReturnType<typeof assignPartitions>): Record<string, number[]> {
  return Object.fromEntries([...shares].map(([id, share]) => [id, share.map((one) => one.partition)]));
}

describe('assignPartitions', () => {
  it('leaves a claimed partition with its member and distributes the others evenly', () => {
    const members = [
      { id: 'a', topics, claims: [partition(3)] },
      { id: 'b', topics, claims: [] },
    ];
    expect(numbersOf(assignPartitions(members, partitions(4)))).toEqual({ a: [3, 1], b: [0, 2] });
  });

  it('grants a partition to the first of two claims, and ignores claims to unknown partitions', () => {
    const members = [
      { id: 'b', topics, claims: [partition(0)] },
      { id: 'a', topics, claims: [partition(0), partition(9), { topic: 'other', partition: 0 }] },
    ];
    expect(numbersOf(assignPartitions(members, partitions(2)))).toEqual({ a: [0], b: [1] });
  });

  it('assigns a topic only to members that subscribe to it', () => {
    const members = [
      { id: 'a', topics: ['t', 'u'], claims: [] },
      { id: 'b', topics: ['u'], claims: [] },
    ];
    const shares = assignPartitions(members, [
      ...partitions(2),
      { topic: 'u', partition: 0 },
      { topic: 'v', partition: 0 },
    ]);
    expect(shares.get('a')).toEqual(partitions(2));
    expect(shares.get('b')).toEqual([{ topic: 'u', partition: 0 }]);
  });

  it('assigns every partition to exactly one member for any claims, and evenly without claims', () => {
    const member = fc.record({ claims: fc.array(fc.nat(12).map(partition), { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), fc.nat(12), (claims, count) => {
        const members = claims.map((one, at) => ({ id: `m${at}`, topics, ...one }));
        const assigned = [...assignPartitions(members, partitions(count)).values()].flat().map(partitionId);
        expect(assigned.sort()).toEqual(partitions(count).map(partitionId).sort());
        const idle = members.map(({ id }) => ({ id, topics, claims: [] }));
        const sizes = [...assignPartitions(idle, partitions(count)).values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
