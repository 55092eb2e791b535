import { message } from '../testing/harness';
import { EmbeddedDriver } from './embedded-driver';
import { PartitionLog } from './partition-log';

const filled = (count: number, keepAll = false) => {
  const log = new PartitionLog('t', 0, keepAll);
  for (let at = 0; at < count; at += 1) log.append(message('t', 'k', String(at)));
  return log;
};

describe('PartitionLog', () => {
  it('keeps the last messages and all that a group has not handled yet', () => {
    const log = filled(20);
    log.trim(4, 20);
    expect([log.start, log.end]).toEqual([16, 20]);
    expect(log.from(0).map(({ offset }) => offset)).toEqual([16, 17, 18, 19]);
    expect(log.from(18, 1).map(({ value }) => value?.toString())).toEqual(['18']);
    log.append(message('t', 'k', '20'));
    log.trim(1, 17);
    expect(log.start).toBe(17);
    const all = filled(20, true);
    all.trim(1, 20);
    expect(all.start).toBe(0);
  });

  it('is not affected by later changes to the published objects', () => {
    const log = new PartitionLog('t', 0, false);
    const value = Buffer.from('before');
    log.append({ topic: 't', key: null, headers: {}, value });
    value.write('after!');
    expect(log.from(0)[0].value?.toString()).toBe('before');
  });
});

describe('EmbeddedDriver', () => {
  it('bounds its memory, but never drops a message that a group has not handled yet', async () => {
    const driver = new EmbeddedDriver({ keep: 10 });
    await driver.ensureTopics([{ name: 't' }]);
    const done: number[] = [];
    const handler = async ({ offset }: { offset: number }) => void done.push(offset);
    const subscription = await driver.subscribe({ group: 'g', topics: ['t'], handler });
    subscription.pause();
    for (let at = 0; at < 100; at += 1) await driver.publish([message('t', 'k', String(at))]);
    expect(await driver.read('t')).toHaveLength(100);
    subscription.resume();
    while (done.length < 100) await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual(Array.from({ length: 100 }, (_, at) => at));
    await driver.publish([message('t', 'k', 'last')]);
    await driver.close();
    expect((await driver.read('t')).length).toBeLessThan(14);
    await expect(driver.check()).rejects.toThrow('closed');
    await expect(driver.publish([message('t', 'k', 'v')])).rejects.toThrow('closed');
  });

  it.each([0, -1, 1.5])('rejects a topic with %d partitions', async (partitions) => {
    const driver = new EmbeddedDriver();
    const create = driver.ensureTopics([{ name: 't', partitions }]);
    await expect(create).rejects.toThrow(`Topic t: partitions is ${partitions}`);
  });
});
