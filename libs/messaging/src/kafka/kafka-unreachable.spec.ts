import { message } from '../testing/harness';
import { KafkaDriver } from './kafka-driver';

/** A port of this machine on which no process listens. */
const unreachable = '127.0.0.1:1';

describe('without a reachable broker', () => {
  it('the readiness check fails, and closing the driver ends pending calls', async () => {
    const driver = new KafkaDriver({ brokers: [unreachable] });
    await expect(driver.check()).rejects.toThrow(/127\.0\.0\.1:1/);
    const published = driver.publish([message('t', 'k', 'v')]);
    const subscribed = driver.subscribe({ group: 'g', topics: ['t'], handler: async () => undefined });
    const ends = Promise.allSettled([published, subscribed]);
    await driver.close();
    const [publishing, subscribing] = await ends;
    expect(publishing).toMatchObject({ reason: { message: expect.stringContaining('Cannot publish to t') } });
    expect(subscribing).toMatchObject({ reason: { message: 'Stopped before the group g was joined.' } });
    await expect(driver.publish([message('t', 'k', 'v')])).rejects.toThrow('closed');
  }, 60_000);

  it('rejects an empty list of brokers', () => {
    expect(() => new KafkaDriver({ brokers: [] })).toThrow('brokers is empty');
  });
});
