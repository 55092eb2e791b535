import { StorageUnavailableError } from '@open-chatgpt/storage';
import { oneRunRules } from './attempt-rules';
import { BusUnavailable } from './bus-unavailable';
import type { RunPosition } from './run-end';
import type { Machine } from './testing/machine';
import { SAVE_STEPS, STEPS, tinyRequest } from './testing/tiny-request';
import { isTraining, undisturbedModel, World } from './testing/world';

const PATIENCE_MS = 300;

let undisturbed: string;
let world: World;

beforeAll(async () => {
  undisturbed = await undisturbedModel();
}, 120_000);
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

/** An attempt of a process that executes only this run. */
function attempt(machine: Machine, { request = world.request, signal = new AbortController().signal } = {}) {
  let position: () => RunPosition | undefined = () => undefined;
  const rules = oneRunRules(PATIENCE_MS, (found) => {
    position = found;
  });
  const end = machine.execute(request, signal, rules);
  return { end, position: () => position() };
}

const away = async (): Promise<never> => {
  throw new StorageUnavailableError('the store does not respond');
};

describe('a process that executes one run', () => {
  it('reports the model that the run made, also when it is repeated', async () => {
    const first = world.newMachine('first');
    const end = await attempt(first).end;
    const { manifest } = first.only('model.published');
    expect(end).toEqual({ outcome: 'completed', attempt: 1, step: STEPS, model: manifest });
    expect(manifest.version).toBe(undisturbed);
    const second = world.newMachine('second');
    expect(await attempt(second).end).toEqual(end);
    expect(second.published).toEqual(first.published.slice(-2));
  });

  it('says where the run stands when it is stopped, and the next one continues', async () => {
    const machine = world.newMachine('stopped');
    const stop = new AbortController();
    machine.onPublish = (event) => {
      if (isTraining(event, SAVE_STEPS + 1)) stop.abort();
    };
    const stopped = attempt(machine, { signal: stop.signal });
    await expect(stopped.end).rejects.toThrow('stopped after step');
    expect(stopped.position()).toMatchObject({ attempt: 1 });
    const { step } = stopped.position()!;
    expect(step).toBeGreaterThan(SAVE_STEPS);
    expect((await world.record()).checkpoints.at(-1)?.step).toBe(step);
    const next = world.newMachine('next');
    expect(await attempt(next).end).toMatchObject({ outcome: 'completed', attempt: 2 });
    expect(next.only('run.started')).toMatchObject({ step });
    expect(next.only('model.published').manifest.version).toBe(undisturbed);
  });

  it('fails the run for a wrong configuration', async () => {
    const machine = world.newMachine('wrong');
    const request = tinyRequest(world.root, { dataset: { path: '/not/here.jsonl', adapter: 'alpaca' } });
    const end = await attempt(machine, { request }).end;
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'StageFailed' } });
    expect(machine.only('run.failed').error).toEqual(end.error);
  });

  it('does not fail the run for an error of its machine', async () => {
    const full = world.storeWith({
      put: async (key, body, options) => {
        if (key.startsWith('models/')) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        return world.store.put(key, body, options);
      },
    });
    const machine = world.machineWith(full, 'full');
    await expect(attempt(machine).end).rejects.toThrow('no space left');
    expect(machine.all('run.failed')).toEqual([]);
  });

  it('gives up when the store does not respond, at the start and at the end', async () => {
    const start = world.machineWith(world.storeWith({ get: away, head: away, put: away }), 'start');
    await expect(attempt(start).end).rejects.toThrow('the store does not respond');
    expect(start.published).toEqual([]);

    const noModels = world.storeWith({
      put: (key, body, options) => (key.startsWith('models/') ? away() : world.store.put(key, body, options)),
    });
    const end = world.machineWith(noModels, 'end');
    await expect(attempt(end).end).rejects.toThrow('the store does not respond');
    expect(end.all('run.failed')).toEqual([]);
    expect(end.all('run.completed')).toEqual([]);
    const next = world.newMachine('next');
    expect(await attempt(next).end).toMatchObject({ outcome: 'completed', attempt: 2 });
    expect(next.only('model.published').manifest.version).toBe(undisturbed);
  });

  it('gives up when the bus does not accept the final events, and the next one publishes them', async () => {
    const machine = world.newMachine('mute');
    machine.onPublish = ({ type }) => (type === 'run.completed' ? new Promise(() => undefined) : undefined);
    await expect(attempt(machine).end).rejects.toBeInstanceOf(BusUnavailable);
    const next = world.newMachine('next');
    expect(await attempt(next).end).toMatchObject({ outcome: 'completed', attempt: 1 });
    expect(next.published.map(({ type }) => type)).toEqual(['model.published', 'run.completed']);
  });

  it('reports that the run was cancelled', async () => {
    const machine = world.newMachine('cancelled');
    await machine.cancel(world.request.runId);
    expect(await attempt(machine).end).toMatchObject({ outcome: 'cancelled', attempt: 1, step: 0 });
    expect(machine.only('run.cancelled')).toMatchObject({ attempt: 1 });
  });
});
