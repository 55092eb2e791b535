import type { KafkaAdmin } from './kafka-admin';
import { newStarts } from './new-starts';

describe('newStarts', () => {
  const startsOf = (
    next: number,
    { committed, start = 0, end }: { committed: number; start?: number; end: number },
    isCommitted = true,
  ) => {
    const admin = {
      committed: async () => new Map([['t', new Map([[0, committed]])]]),
      bounds: async () => [{ partition: 0, start, end }],
    } as unknown as KafkaAdmin;
    return newStarts(admin, 'g', [{ topic: 't', partition: 0, next, isCommitted }]);
  };
  const reset = (isSure: boolean) => [{ topic: 't', partition: 0, offset: 0, isSure }];

  it('leaves a partition as it is whose committed offset is there', async () => {
    expect(await startsOf(7, { committed: 5, end: 9 })).toEqual([]);
    expect(await startsOf(7, { committed: 5, end: 7 })).toEqual([]);
  });

  it('finds a new topic by the committed offset that went with the old one', async () => {
    expect(await startsOf(7, { committed: -1, end: 0 })).toEqual(reset(true));
    expect(await startsOf(7, { committed: -1, end: 100 })).toEqual(reset(true));
  });

  it('is not sure where a handler has committed an offset of the old topic', async () => {
    expect(await startsOf(7, { committed: 7, end: 2 })).toEqual(reset(false));
  });

  it('does not take a first commit that is under way for a new topic', async () => {
    expect(await startsOf(7, { committed: -1, end: 7 }, false)).toEqual([]);
  });

  it('leaves a position whose messages Kafka no longer keeps', async () => {
    expect(await startsOf(7, { committed: -1, start: 20, end: 30 })).toEqual([]);
  });
});
