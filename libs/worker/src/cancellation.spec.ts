import { existsSync } from 'node:fs';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import { resetClock, setClock } from '@open-chatgpt/storage/testing';
import { CancelWatch, recordCancellation } from './cancellation';
import { idOf } from './outgoing-events';
import { STEPS, tinyRequest } from './testing/tiny-request';
import { isTraining, World } from './testing/world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

const runId = 'tiny-sft';

describe('a run that is cancelled', () => {
  it('stops on the machine that runs it, whichever machine receives the request', async () => {
    const [working, hearing] = [world.newMachine('working'), world.newMachine('hearing')];
    working.onPublish = (event) => {
      if (isTraining(event, 3)) return hearing.cancel(runId);
    };
    await working.execute(tinyRequest(world.root, { maxSteps: 100_000, saveSteps: 100_000 }));
    const { step } = working.only('run.cancelled');
    expect(step).toBeGreaterThan(2);
    expect((await world.record()).checkpoints.at(-1)).toMatchObject({ step });
    expect(working.all('run.failed')).toEqual([]);
    expect(hearing.published).toEqual([]);
  });

  it('before anybody took it up ends when somebody does, and nothing is fetched or trained', async () => {
    await world.newMachine('hearing').cancel(runId);
    const machine = world.newMachine('late');
    await machine.execute(world.request);
    expect(machine.published).toMatchObject([{ type: 'run.cancelled', data: { attempt: 1, step: 0 } }]);
    expect(existsSync(machine.folder)).toBe(false);
  });

  it('while its worker goes ends at the next one, with the checkpoint that there is', async () => {
    const first = await world.stoppedAt('first', 5);
    expect(first.all('run.cancelled')).toEqual([]);
    await first.cancel(runId);
    const second = world.newMachine('second');
    await second.execute(world.request);
    const { step } = (await world.record()).checkpoints.at(-1)!;
    expect(second.published).toEqual([
      {
        type: 'run.cancelled',
        data: {
          runId,
          pipelineId: 'tiny',
          stage: 'sft',
          algorithm: 'sft',
          attempt: 2,
          step,
        },
      },
    ]);
  });

  it('and requested again continues; a late duplicate of the cancellation does not affect it', async () => {
    await world.newMachine('hearing').cancel(runId);
    const machine = world.newMachine('resumed');
    machine.onPublish = (event) => {
      if (isTraining(event, 3)) return machine.cancel(runId);
    };
    await machine.execute(world.request);
    await machine.execute({ ...world.request, generation: 1 });
    expect(machine.all('run.cancelled')).toHaveLength(1);
    expect(machine.only('run.completed')).toMatchObject({ attempt: 2, step: STEPS });
    // A completed run stays completed, and repeats its final events.
    await machine.execute(world.request);
    expect(machine.all('run.completed')).toHaveLength(2);
  });

  it('is cancelled, and resumed, on machines whose clocks differ by hours', async () => {
    const now = Date.now();
    try {
      const working = world.newMachine('working');
      working.onPublish = (event) => {
        if (!isTraining(event, 3)) return;
        setClock(now - 3_600_000);
        return working.cancel(runId);
      };
      await working.execute(world.request);
      expect(working.all('run.cancelled')).toHaveLength(1);
      setClock(now + 3_600_000);
      await world.newMachine('early').cancel(runId);
      resetClock();
      const resumed = world.newMachine('resumed');
      await resumed.execute({ ...world.request, generation: 1 });
      expect(resumed.only('run.completed')).toMatchObject({ attempt: 2, step: STEPS });
    } finally {
      resetClock();
    }
  });

  it('and requested again by a duplicate of its request repeats its end, and nothing is trained', async () => {
    const machine = world.newMachine('working');
    machine.onPublish = (event) => {
      if (isTraining(event, 3)) return machine.cancel(runId);
    };
    await machine.execute(world.request);
    const again = world.newMachine('again');
    await again.execute(world.request);
    expect(again.published).toEqual(machine.published.slice(-1));
    expect(again.published.map(idOf)).toEqual(['tiny-sft/run.cancelled/1']);
    expect((await world.record()).attempt).toBe(1);
  });
});

describe('CancelWatch', () => {
  const keys = async (store: ObjectStore) => {
    const found = [];
    for await (const { key } of store.list('runs/')) found.push(key);
    return found;
  };

  it('notices by itself; of several cancellations the highest generation counts, in whatever order they come', async () => {
    const store = openObjectStore(world.storeFolder);
    for (const generation of [5, 9, 7]) await recordCancellation(store, 'r', generation);
    expect(await keys(store)).toEqual(['runs/r/cancel.json']);
    const [before, after] = [new CancelWatch(store, 'r', 9, 20), new CancelWatch(store, 'r', 10, 20)];
    await Promise.all([before.start(), after.start()]);
    expect([before.cancelled.aborted, after.cancelled.aborted]).toEqual([true, false]);
    await recordCancellation(store, 'r', 11);
    while (!after.cancelled.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
    before.stop();
    after.stop();
  });

  it('names a document that is none', async () => {
    const store = openObjectStore(world.storeFolder);
    await store.put('runs/r/cancel.json', Buffer.from('{"formatVersion":3}'));
    const message = /"runs\/r\/cancel\.json" is no request to cancel a run: .*formatVersion.*delete it/s;
    await expect(new CancelWatch(store, 'r', 1).start()).rejects.toThrow(message);
    await expect(recordCancellation(store, 'r', 1)).rejects.toThrow(message);
  });

  it('does not take the time of a cancel for a generation', async () => {
    const store = openObjectStore(world.storeFolder);
    await store.put('runs/r/cancel.json', Buffer.from('{"formatVersion":1,"requestedAt":1767225600000}'));
    const watch = new CancelWatch(store, 'r', 0);
    await watch.start();
    watch.stop();
    expect(watch.cancelled.aborted).toBe(false);
    await recordCancellation(store, 'r', 0);
    await watch.start();
    watch.stop();
    expect(watch.cancelled.aborted).toBe(true);
  });
});
