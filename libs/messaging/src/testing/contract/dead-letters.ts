import { listDeadLetters } from '../../dead-letters/list-dead-letters';
import { replayDeadLetters } from '../../dead-letters/replay-dead-letters';
import { settleDeadLetters, summarizeDeadLetters } from '../../dead-letters/settle';
import { PermanentError } from '../../delivery/permanent-error';
import type { Delivery } from '../../message';
import { eventually, message, newTopic, textOf, uniqueName } from '../harness';
import type { DefineTest } from './define-test';

const storeIsAway = () => Object.assign(new Error('the store is away'), { infrastructure: true });

/** Retries, dead letters and their replay. */
export function deadLetterContract(promise: DefineTest): void {
  promise(
    'tries again, then puts aside what cannot be handled; the partition goes on',
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

  promise(
    'replays dead letters to the group that gave them up, and discards others',
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

  promise('keeps a dead letter that is to wait, behind the others', async ({ bus, driver }) => {
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

  promise('settles those that are named, whoever else is at it; all others stay', async ({ bus, driver }) => {
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

  promise('while one message waits for what is away, other partitions go on', async ({ bus, driver }) => {
    const topic = await newTopic(driver, 4);
    const [keys, group] = [['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], uniqueName('group')];
    const handled: string[] = [];
    let away = true;
    const handler = async (delivery: Delivery) => {
      if (away && delivery.partition === 0) throw storeIsAway();
      handled.push(textOf(delivery));
    };
    await bus.subscribe({ group, topics: [topic], handler, concurrency: 1 });
    await bus.publish(keys.map((key) => message(topic, key, key)));
    const all = await driver.read(topic);
    const stuck = all.filter(({ partition }) => partition === 0).map(textOf);
    const free = all.filter(({ partition }) => partition !== 0).map(textOf);
    expect([stuck.length, free.length].every((count) => count > 1)).toBe(true);
    await eventually(
      () => handled.length === free.length,
      () => `${free}; ${handled}`,
    );
    expect([...handled].sort()).toEqual(free.sort());
    away = false;
    await eventually(
      () => handled.length === all.length,
      () => `all; ${handled}`,
    );
    expect(handled.slice(free.length)).toEqual(stuck);
    expect(await listDeadLetters(driver, topic)).toEqual([]);
  });

  promise(
    'what failed for want of the store has its tries left when it comes back',
    async ({ bus, driver }) => {
      const topic = await newTopic(driver);
      let tries = 0;
      const handler = async () => {
        tries += 1;
        // Three tries has a message: two of these are the store's.
        if (tries < 6) throw tries === 2 || tries === 4 ? new Error('no') : storeIsAway();
      };
      await bus.subscribe({ group: uniqueName('group'), topics: [topic], handler });
      await bus.publish([message(topic, 'k', 'one')]);
      await eventually(
        () => tries === 6,
        () => `six tries; ${tries}`,
      );
      expect(await listDeadLetters(driver, topic)).toEqual([]);
    },
  );

  promise('waits for what is away, however long, and gives up nothing', async ({ bus, driver }) => {
    const topic = await newTopic(driver);
    let tries = 0;
    const handled: string[] = [];
    const handler = async (delivery: Delivery) => {
      tries += 1;
      if (tries < 8) throw storeIsAway();
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
  });
}
