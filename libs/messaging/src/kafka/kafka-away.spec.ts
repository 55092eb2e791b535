import { message } from '../testing/harness';
import { KafkaDriver } from './kafka-driver';

/** A port of this machine on which nobody listens. */
const nobody = '127.0.0.1:1';

describe('while no broker answers', () => {
  it('says so to a readiness probe, and publishing and subscribing end when the driver is closed', async () => {
    const driver = new KafkaDriver({ brokers: [nobody] });
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

  it('refuses to be made without brokers', () => {
    expect(() => new KafkaDriver({ brokers: [] })).toThrow('brokers is empty');
  });
});
