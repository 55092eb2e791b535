import { listDeadLetters } from '../../dead-letters/list-dead-letters';
import { replayDeadLetters } from '../../dead-letters/replay-dead-letters';
import { settleDeadLetters, summarizeDeadLetters } from '../../dead-letters/settle';
import { PermanentError } from '../../delivery/permanent-error';
import type { Delivery } from '../../message';
import { eventually, message, newTopic, textOf, uniqueName } from '../harness';
import type { DefineTest } from './define-test';

const storeIsDown = () => Object.assign(new Error('the store is down'), { infrastructure: true });

/** Retries, dead letters and their replay. */
export function deadLetterContract(guarantee: DefineTest): void {
  guarantee(
    'retries, then moves a message that cannot be handled to the dead-letter queue; the partition continues',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver);
      const group = uniqueName('group');
      const handled: string[] = [];
      const tries: Record<string, number> = {};
      await bus.subscribe({
        group,
        topics: [topic],
        handler: async (delivery, { attempt }) => {
          const text = textOf(delivery);
          tries[text] = attempt;
          if (text === 'poison') throw new Error('no');
          if (text === 'invalid') throw new PermanentError('never');
          if (text === 'flaky' && attempt < 3) throw new Error('not yet');
          handled.push(text);
        },
      });
      await bus.publish(['poison', 'flaky', 'invalid', 'good'].map((text) => message(topic, 'k', text)));
      await eventually(
        () => handled.includes('good'),
        () => `good among ${handled}`,
      );
      expect(handled).toEqual(['flaky', 'good']);
      expect(tries).toEqual({ poison: 3, flaky: 3, invalid: 1, good: 1 });

      const letters = await listDeadLetters(driver, topic);
      expect(
        letters.map(({ message: { value }, ...rest }) => ({ ...rest, text: value?.toString() })),
      ).toMatchObject([
        { text: 'poison', reason: 'failed', error: 'Error: no', attempts: 3, group, partition: 0, offset: 0 },
        { text: 'invalid', reason: 'invalid', error: 'PermanentError: never', attempts: 1, group, offset: 2 },
      ]);
      expect(letters[0].message).toMatchObject({ topic, key: 'k' });
    },
  );

  guarantee(
    'replays dead letters to the group that could not handle them, and discards others',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver);
      const group = uniqueName('group');
      const [mine, others]: string[][] = [[], []];
      let broken = true;
      await bus.subscribe({
        group,
        topics: [topic],
        handler: async (delivery) => {
          if (broken) throw new PermanentError('broken');
          mine.push(textOf(delivery));
        },
      });
      const note = async (delivery: Delivery) => void others.push(textOf(delivery));
      await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler: note });
      await bus.publish(['one', 'two', 'three'].map((text) => message(topic, 'k', text)));
      await eventually(
        async () => (await listDeadLetters(driver, topic)).length === 3,
        () => 'three dead letters',
      );
      broken = false;
      const first = await replayDeadLetters(driver, { topic, limit: 1 });
      expect(first).toEqual({ replayed: 1, discarded: 0, kept: 0 });
      expect(
        (await listDeadLetters(driver, topic)).map((letter) => letter.message.value?.toString()),
      ).toEqual(['two', 'three']);
      const decide = ({ message: { value } }: { message: { value: Buffer | null } }) =>
        value?.toString() === 'two' ? 'discard' : 'replay';
      expect(await replayDeadLetters(driver, { topic, decide })).toEqual({
        replayed: 1,
        discarded: 1,
        kept: 0,
      });
      await eventually(
        () => mine.length === 2,
        () => `two replayed; ${mine}`,
      );
      expect(mine).toEqual(['one', 'three']);
      expect(others).toEqual(['one', 'two', 'three']);
      expect(await listDeadLetters(driver, topic)).toEqual([]);
      expect(await replayDeadLetters(driver, { topic })).toEqual({ replayed: 0, discarded: 0, kept: 0 });
    },
  );

  guarantee('moves a kept dead letter behind the others', async ({ bus, driver }) => {
    const topic = await newTopic(driver);
    const handler = () => Promise.reject(new PermanentError('broken'));
    await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler });
    await bus.publish(['one', 'two'].map((text) => message(topic, 'k', text)));
    const lettersOf = async () =>
      (await listDeadLetters(driver, topic)).map((one) => one.message.value?.toString());
    await eventually(
      async () => (await lettersOf()).length === 2,
      () => 'two dead letters',
    );
    const kept = await replayDeadLetters(driver, { topic, limit: 1, decide: () => 'keep' });
    expect(kept).toEqual({ replayed: 0, discarded: 0, kept: 1 });
    expect(await lettersOf()).toEqual(['two', 'one']);
    const fail = () => {
      throw new Error('cannot decide');
    };
    await expect(replayDeadLetters(driver, { topic, decide: fail })).rejects.toThrow('cannot decide');
    expect(await lettersOf()).toEqual(['two', 'one']);
  });

  guarantee('settles the named letters, also concurrently; all others stay', async ({ bus, driver }) => {
    const [topic, other] = [await newTopic(driver), await newTopic(driver)];
    const topics = [topic, other];
    let broken = true;
    const handled: string[] = [];
    const handler = async (delivery: Delivery) => {
      if (broken) throw new PermanentError('broken');
      handled.push(textOf(delivery));
    };
    await bus.subscribe({ group: uniqueName('group'), topics, handler });
    await bus.publish(['a', 'b', 'c', 'd'].map((text) => message(topic, 'k', text)));
    await bus.publish([message(other, 'k', 'e')]);
    await eventually(
      async () => (await summarizeDeadLetters(driver, topics)).length === 5,
      () => 'five dead letters',
    );
    broken = false;
    const [a, b, c, d, e] = await summarizeDeadLetters(driver, topics);
    expect(b).toMatchObject({ topic, offset: 1, eventType: null, reason: 'invalid', attempts: 1 });
    const counts = await Promise.all([
      settleDeadLetters(driver, topics, [b.id, e.id, 'none'], 'replay'),
      settleDeadLetters(driver, topics, [b.id, e.id], 'replay'),
    ]);
    expect(counts.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(2);
    await eventually(
      () => handled.length === 2,
      () => `two replayed; ${handled}`,
    );
    expect(handled.sort()).toEqual(['b', 'e']);
    expect(await settleDeadLetters(driver, topics, [c.id], 'discard')).toEqual({ replayed: 0, discarded: 1 });
    const left = await summarizeDeadLetters(driver, topics);
    expect(left.map(({ id }) => id).sort()).toEqual([a.id, d.id].sort());
  });

  guarantee(
    'other partitions continue while an infrastructure failure blocks one',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver, 4);
      const [keys, group] = [['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], uniqueName('group')];
      const handled: string[] = [];
      let down = true;
      const handler = async (delivery: Delivery) => {
        if (down && delivery.partition === 0) throw storeIsDown();
        handled.push(textOf(delivery));
      };
      await bus.subscribe({ group, topics: [topic], handler, concurrency: 1 });
      await bus.publish(keys.map((key) => message(topic, key, key)));
      const all = await driver.read(topic);
      const blocked = all.filter(({ partition }) => partition === 0).map(textOf);
      const free = all.filter(({ partition }) => partition !== 0).map(textOf);
      expect([blocked.length, free.length].every((count) => count > 1)).toBe(true);
      await eventually(
        () => handled.length === free.length,
        () => `${free}; ${handled}`,
      );
      expect([...handled].sort()).toEqual(free.sort());
      down = false;
      await eventually(
        () => handled.length === all.length,
        () => `all; ${handled}`,
      );
      expect(handled.slice(free.length)).toEqual(blocked);
      expect(await listDeadLetters(driver, topic)).toEqual([]);
    },
  );

  guarantee("infrastructure failures use up none of a message's attempts", async ({ bus, driver }) => {
    const topic = await newTopic(driver);
    let attempts = 0;
    const handler = async () => {
      attempts += 1;
      // A message has three attempts. Failures 1, 3 and 5 are infrastructure failures, which do not count.
      if (attempts < 6) throw attempts === 2 || attempts === 4 ? new Error('no') : storeIsDown();
    };
    await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler });
    await bus.publish([message(topic, 'k', 'one')]);
    await eventually(
      () => attempts === 6,
      () => `six attempts; ${attempts}`,
    );
    expect(await listDeadLetters(driver, topic)).toEqual([]);
  });

  guarantee(
    'retries infrastructure failures without a limit, and makes no dead letter',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver);
      let attempts = 0;
      const handled: string[] = [];
      const handler = async (delivery: Delivery) => {
        attempts += 1;
        if (attempts < 8) throw storeIsDown();
        handled.push(textOf(delivery));
      };
      await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler });
      await bus.publish(['one', 'two'].map((text) => message(topic, 'k', text)));
      await eventually(
        () => handled.length === 2,
        () => `both handled; ${handled}`,
      );
      expect(handled).toEqual(['one', 'two']);
      expect(await listDeadLetters(driver, topic)).toEqual([]);
    },
  );
}
