import { fromDeadLetter, toDeadLetter } from './dead-letter';

const delivery = {
  topic: 't',
  partition: 3,
  offset: 7,
  timestamp: 0,
  key: 'k',
  headers: { ce_id: 'x' },
  value: Buffer.from('v'),
};
const failure = { group: 'g', reason: 'failed', error: 'Error: no', attempts: 2 } as const;

describe('dead letters', () => {
  it('contain the original message and the failure', () => {
    const letter = toDeadLetter(delivery, failure);
    expect(letter.topic).toBe('t.dlq');
    const { topic, key, headers, value } = delivery;
    expect(fromDeadLetter({ ...letter, partition: 0, offset: 9, timestamp: 0 })).toEqual({
      message: { topic, key, headers, value },
      partition: 3,
      offset: 7,
      ...failure,
      failedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      at: { topic: 't.dlq', partition: 0, offset: 9 },
    });
  });

  it.each(['topic', 'partition', 'offset', 'group', 'reason', 'error', 'attempts', 'failed-at'])(
    'a missing header %s is named',
    (name) => {
      const letter = toDeadLetter(delivery, failure);
      const { [`dlq-${name}`]: _, ...headers } = letter.headers;
      const incomplete = { ...letter, headers, partition: 0, offset: 9, timestamp: 0 };
      expect(() => fromDeadLetter(incomplete)).toThrow(
        `t.dlq, partition 0, offset 9: the header dlq-${name} is missing`,
      );
    },
  );
});
