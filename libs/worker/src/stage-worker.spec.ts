import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { currentFolder, fetchFolder, StorageFullError, StorageUnavailableError } from '@open-chatgpt/storage';
import { SAVE_STEPS, STEPS, tinyRequest } from './testing/tiny-request';
import { isTraining, undisturbedModel, World } from './testing/world';

let undisturbed: string;
let world: World;

beforeAll(async () => {
  undisturbed = await undisturbedModel();
}, 120_000);
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

describe('a run', () => {
  it('publishes its events, its checkpoints and its model', async () => {
    const machine = world.newMachine('whole');
    await machine.execute(world.request);
    expect(machine.only('run.started')).toMatchObject({
      attempt: 1,
      step: 0,
      totalSteps: STEPS,
      worker: 'whole',
    });
    const checkpointed = machine.all('run.checkpointed');
    expect(checkpointed.at(-1)).toMatchObject({ runId: 'tiny-sft', stage: 'sft', attempt: 1, step: STEPS });
    const { manifest, lineage } = machine.only('model.published');
    const completed = machine.only('run.completed');
    expect(machine.published.at(-1)?.type).toBe('run.completed');
    expect(completed).toMatchObject({ attempt: 1, step: STEPS, model: manifest });
    expect(completed.summary.lossAfter).toBeLessThan(Number(completed.summary.lossBefore));
    expect(lineage.checkpoint).toEqual(checkpointed.at(-1)?.checkpoint);

    expect(manifest.version).toBe(undisturbed);
    expect(await currentFolder(world.store, 'models/tiny-sft')).toEqual({ manifest });
    const model = await fetchFolder(world.store, manifest, join(world.root, 'fetched'));
    expect(existsSync(join(model, 'model.safetensors'))).toBe(true);
  });

  it('publishes a step before the checkpoint of that step', async () => {
    const machine = world.newMachine('orderly');
    const checkpoint = join(
      machine.folder,
      `runs/${world.request.runId}/checkpoints/sft/step-${String(SAVE_STEPS).padStart(8, '0')}`,
    );
    const saved: boolean[] = [];
    machine.onPublish = async (event) => {
      if (!isTraining(event, SAVE_STEPS)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
      saved.push(existsSync(checkpoint));
    };
    await machine.execute(tinyRequest(world.root, { saveTotalLimit: null }));
    saved.push(existsSync(checkpoint));
    expect(saved).toEqual([false, true]);
  });

  it('keeps so many checkpoints in the store as saveTotalLimit says', async () => {
    const machine = world.newMachine('limit');
    await machine.execute(tinyRequest(world.root, { saveTotalLimit: 1, saveSteps: 1 }));
    const { checkpoints } = await world.record();
    expect(machine.all('run.checkpointed').length).toBeGreaterThan(1);
    expect(checkpoints.map(({ step }) => step)).toEqual([STEPS]);
    expect(await world.stepsInStore()).toEqual([STEPS]);
  });

  it('keeps all of them where there is no limit', async () => {
    const machine = world.newMachine('no-limit');
    await machine.execute(tinyRequest(world.root, { saveTotalLimit: null, saveSteps: 1 }));
    const steps = machine.all('run.checkpointed').map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(1);
    expect(await world.stepsInStore()).toEqual(steps);
  });

  it('that is requested again after its end repeats its final events, on any worker', async () => {
    const first = world.newMachine('first');
    await first.execute(world.request);
    const second = world.newMachine('second');
    await second.execute(world.request);
    expect(second.published).toEqual(first.published.slice(-2));
    await world.store.delete('models/tiny-sft/current.json');
    const { manifest } = first.only('model.published');
    await world.newMachine('third').execute(world.request);
    expect(await currentFolder(world.store, 'models/tiny-sft')).toEqual({ manifest });
    expect(existsSync(second.folder)).toBe(false);
  });

  it.each([
    [
      'model',
      { model: { path: '/other/machine/model' } },
      /model\.path: \/other\/machine\/model is not on the machine that trains .*openchat model import \/other\/machine\/model --store .*name it store:<id>/,
    ],
    [
      'dataset',
      { stages: [{ uses: 'sft', with: { dataset: { path: '/other/machine/rows.jsonl' } } }] },
      /sft\.dataset\.path: \/other\/machine\/rows\.jsonl is not on .*\/v1\/datasets.*dataset:<id>/,
    ],
  ])('that names a %s of the machine where it was written says what to do', async (_, change, message) => {
    const machine = world.newMachine('elsewhere');
    await machine.execute({ ...world.request, config: { ...world.request.config, ...change } });
    expect(machine.only('run.failed').error.message).toMatch(message);
  });

  it('that cannot begin fails with the reason', async () => {
    const machine = world.newMachine('failing');
    const { config } = world.request;
    await machine.execute({
      ...world.request,
      config: { ...config, model: { path: join(world.root, 'nowhere') } },
    });
    expect(machine.only('run.failed')).toMatchObject({
      attempt: 1,
      error: { code: 'StageFailed', message: expect.stringContaining('nowhere') },
    });
    await machine.execute({ ...world.request, generation: 1, config: { name: 'x' } });
    expect(machine.all('run.failed')[1]).toMatchObject({
      attempt: 2,
      error: { message: expect.stringMatching(/model/) },
    });
  });

  it('that is cancelled stores a checkpoint, and resumes from it', async () => {
    const machine = world.newMachine('cancelled');
    machine.onPublish = (event) => {
      if (isTraining(event, 5)) return machine.cancel(world.request.runId);
    };
    await machine.execute(world.request);
    const { step } = machine.only('run.cancelled');
    expect(step).toBeGreaterThan(4);
    expect((await world.record()).checkpoints.at(-1)).toMatchObject({ step });
    expect(machine.all('run.completed')).toEqual([]);

    await machine.cancel('another');
    await machine.execute({ ...world.request, generation: 1 });
    expect(machine.all('run.started')[1]).toMatchObject({ attempt: 2, step });
    expect(machine.only('model.published').manifest.version).toBe(undisturbed);
  });
});

describe('a store', () => {
  const away = () => Promise.reject(new StorageUnavailableError('no success after all attempts'));

  it('that is away while a checkpoint is stored costs that checkpoint only', async () => {
    let failures = 0;
    const flaky = world.storeWith({
      put: (key, body, condition) =>
        key.includes('/checkpoints/') && failures++ === 0 ? away() : world.store.put(key, body, condition),
    });
    const machine = world.machineWith(flaky, 'flaky');
    await machine.execute(world.request);
    expect(machine.only('alert.raised')).toMatchObject({
      name: 'CheckpointNotStored',
      message: expect.stringMatching(/checkpoint of step 3: no success/),
    });
    expect(machine.only('model.published').manifest.version).toBe(undisturbed);
    expect((await world.record()).checkpoints.at(-1)?.step).toBe(STEPS);
  });

  it.each([
    ['away', away],
    ['full', () => Promise.reject(new StorageFullError('the disk is full'))],
  ])('that is %s at the end is waited for', async (_, fail) => {
    let failures = 0;
    const flaky = world.storeWith({
      put: (key, body, condition) =>
        key.startsWith('models/') && failures++ < 2 ? fail() : world.store.put(key, body, condition),
    });
    const machine = world.machineWith(flaky, 'waiting');
    await machine.execute(world.request);
    expect(machine.only('alert.raised')).toMatchObject({ name: 'StoreUnavailable' });
    expect(machine.only('run.completed')).toMatchObject({ attempt: 1 });
  });

  it('that is away when the worker has to go leaves the world.request to be delivered again, and no failure', async () => {
    const stop = new AbortController();
    const dead = world.storeWith({
      put: (key, body, condition) => {
        if (!key.startsWith('models/')) return world.store.put(key, body, condition);
        stop.abort();
        return away();
      },
    });
    const machine = world.machineWith(dead, 'going');
    await expect(machine.execute(world.request, stop.signal)).rejects.toThrow('stopped after step');
    expect(machine.all('run.failed')).toEqual([]);
    const again = world.newMachine('going');
    await again.execute(world.request);
    expect(again.only('run.completed')).toMatchObject({ attempt: 2, step: STEPS });
  });
});
