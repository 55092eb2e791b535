import type { Delivery } from '../../message';
import { eventually, Latch, message, newTopic, textOf, uniqueName } from '../harness';
import { type DefineTest, SESSION_MILLISECONDS } from './define-test';

/** Members that join, leave and run long. */
export function groupContract(guarantee: DefineTest): void {
  guarantee('knows whether a group has members', async ({ connect, driver }) => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    expect(await driver.hasMembers(group)).toBe(false);
    const member = await connect().subscribe({ group, topics: [topic], handler: async () => undefined });
    expect(await driver.hasMembers(group)).toBe(true);
    await member.stop();
    expect(await driver.hasMembers(group)).toBe(false);
  });

  guarantee('redelivers a message that a member left unfinished', async ({ connect, driver }) => {
    const topic = await newTopic(driver);
    const group = uniqueName('group');
    const begun: string[] = [];
    const member = await driver.subscribe({
      group,
      topics: [topic],
      handler: async (delivery, { signal }) => {
        begun.push(textOf(delivery));
        if (textOf(delivery) === 'first') return;
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('test back'))),
        );
      },
    });
    await driver.publish([message(topic, 'k', 'first'), message(topic, 'k', 'second')]);
    await eventually(
      () => begun.length === 2,
      () => `two begun; ${begun}`,
    );
    await member.stop();
    const done: string[] = [];
    await connect().subscribe({ group, topics: [topic], handler: async (d) => void done.push(textOf(d)) });
    await eventually(
      () => done.length === 1,
      () => 'the second message',
    );
    expect(done).toEqual(['second']);
  });

  guarantee(
    'commits a message after the effect that its handler names, and continues meanwhile',
    async ({ connect, driver }) => {
      const topic = await newTopic(driver);
      const group = uniqueName('group');
      const effect = new Latch();
      const begun: string[] = [];
      const member = await driver.subscribe({
        group,
        topics: [topic],
        handler: async (delivery, { commitAfter }) => {
          begun.push(textOf(delivery));
          if (textOf(delivery) === 'second') commitAfter(effect.opened);
        },
      });
      const committed = async () => (await driver.lag(group, [topic]))[0].committed;
      await driver.publish(['first', 'second', 'third'].map((text) => message(topic, 'k', text)));
      await eventually(
        async () => begun.length === 3 && (await committed()) === 1,
        () => `three begun and one committed; ${begun}`,
      );
      await member.stop();
      const again: string[] = [];
      await connect().subscribe({
        group,
        topics: [topic],
        handler: async (delivery, { commitAfter }) => {
          again.push(textOf(delivery));
          commitAfter(effect.opened);
        },
      });
      await eventually(
        () => again.length === 2,
        () => `the second and the third once more; ${again}`,
      );
      expect(again).toEqual(['second', 'third']);
      expect(await committed()).toBe(1);
      effect.open();
      await eventually(
        async () => (await committed()) === 3,
        () => 'all committed',
      );
    },
  );

  guarantee(
    'distributes partitions over members that join and leave; no message is lost or repeated',
    async ({ connect, driver }) => {
      const topic = await newTopic(driver, 6);
      const group = uniqueName('group');
      const handled: Array<{ member: number; text: string }> = [];
      const join = (member: number) =>
        connect().subscribe({
          group,
          topics: [topic],
          handler: async (delivery) => {
            await new Promise((resolve) => setTimeout(resolve, 10));
            handled.push({ member, text: textOf(delivery) });
          },
        });
      const first = await join(1);
      let sent = 0;
      let publishing = true;
      const publisher = (async () => {
        while (publishing) {
          await driver.publish([message(topic, `key${sent % 30}`, String(sent))]);
          sent += 1;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const hasHandled = (member: number) => () =>
        handled.filter((one) => one.member === member).length >= 10;
      const [second, third] = [await join(2), await join(3)];
      for (const member of [1, 2, 3]) await eventually(hasHandled(member), () => `work for member ${member}`);
      await second.stop();
      await first.stop();
      const before = handled.length;
      await eventually(
        () => handled.length > before + 20,
        () => 'work for the third member alone',
      );
      publishing = false;
      await publisher;
      const distinct = () => new Set(handled.map(({ text }) => text)).size;
      await eventually(
        () => distinct() === sent,
        () => `all ${sent} messages; ${distinct()} came`,
      );
      // Each member finished its messages, and they were committed before their partition moved.
      expect(handled).toHaveLength(sent);
      await third.stop();
    },
  );

  guarantee(
    'keeps a partition whose handler runs longer than the session timeout',
    async ({ connect, driver }) => {
      const topic = await newTopic(driver, 2);
      const group = uniqueName('group');
      const done: string[] = [];
      const begun: string[] = [];
      const handler = async (delivery: Delivery) => {
        begun.push(textOf(delivery));
        if (textOf(delivery) === 'long')
          await new Promise((resolve) => setTimeout(resolve, 2 * SESSION_MILLISECONDS));
        done.push(textOf(delivery));
      };
      const first = await driver.subscribe({ group, topics: [topic], handler });
      await driver.publish([message(topic, 'k', 'long'), message(topic, 'k', 'next')]);
      await eventually(
        () => begun.length === 1,
        () => 'the long one to begin',
      );
      // A member that joins meanwhile must not be test the partition in work.
      const second = await connect().subscribe({ group, topics: [topic], handler });
      await eventually(
        () => done.length === 2,
        () => `both done; ${done}`,
      );
      expect(begun).toEqual(['long', 'next']);
      await Promise.all([first.stop(), second.stop()]);
      expect((await driver.lag(group, [topic])).reduce((sum, { lag }) => sum + lag, 0)).toBe(0);
    },
  );
}
