import { Bus } from '../bus';
import { EmbeddedDriver } from '../embedded/embedded-driver';
import { eventually, message, newTopic, textOf } from '../testing/harness';
import { GroupMembership } from './group-membership';

describe('the membership of a service whose store refuses it', () => {
  let driver: EmbeddedDriver;
  let bus: Bus;
  let topic: string;
  let handled: string[];
  let members: GroupMembership[];

  beforeEach(async () => {
    driver = new EmbeddedDriver();
    bus = new Bus({ driver });
    topic = await newTopic(driver, 2);
    handled = [];
    members = [];
  });
  afterEach(async () => {
    for (const member of members) await member.stop();
    await bus.close();
  });

  /** A worker; while it is refused, it keeps the messages that it has, as one that waits for its store. */
  const newWorker = (name: string) => {
    const state = { refused: false, alerts: [] as string[] };
    const join = () =>
      bus.subscribe({
        group: 'workers',
        topics: [topic],
        fromBeginning: true,
        handler: async (delivery, { signal }) => {
          while (state.refused) {
            signal.throwIfAborted();
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          handled.push(`${name} ${textOf(delivery)}`);
        },
      });
    const check = async () => {
      if (state.refused) throw new Error('AccessDenied');
    };
    const onRefused = (error: Error) => void state.alerts.push(error.message);
    const member = new GroupMembership(join, { admission: { check, onRefused }, pollMs: 10 });
    members.push(member);
    return { state, member };
  };
  const publish = (first: number) =>
    bus.publish(Array.from({ length: 8 }, (_, i) => message(topic, `key-${i}`, String(first + i))));
  const untilHandled = (count: number) =>
    eventually(
      () => handled.length >= count,
      () => `${count} messages; handled: ${handled.join(', ')}`,
    );

  it('does not join, says so, and joins when it is admitted', async () => {
    const good = newWorker('good');
    const bad = newWorker('bad');
    bad.state.refused = true;
    await good.member.start();
    await bad.member.start();
    await publish(0);
    await untilHandled(8);
    expect(handled.filter((one) => one.startsWith('bad'))).toEqual([]);
    expect(bad.state.alerts.length).toBeGreaterThan(0);
    expect(good.state.alerts).toEqual([]);
    bad.state.refused = false;
    await eventually(
      async () => {
        await publish(100);
        return handled.some((one) => one.startsWith('bad'));
      },
      () => 'a message that the admitted worker handles',
    );
  });

  it('leaves when it is refused, and gives its messages back', async () => {
    const good = newWorker('good');
    const bad = newWorker('bad');
    await good.member.start();
    await bad.member.start();
    bad.state.refused = true;
    await publish(0);
    await untilHandled(8);
    expect(new Set(handled.map((one) => one.split(' ')[1])).size).toBe(8);
    expect(bad.state.alerts).toContain('AccessDenied');
  });
});
