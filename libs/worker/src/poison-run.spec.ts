import { attemptsKey } from '@open-chatgpt/runs';
import { Attempt } from '@open-chatgpt/storage';
import { SAVE_STEPS } from './testing/tiny-request';
import { isTraining, World } from './testing/world';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

describe('a run that ended its processes', () => {
  const key = () => attemptsKey(world.request.runId);
  const die = (process: string) => Attempt.begin(world.store, key(), process);

  it('fails after two, and no duplicate of its request starts it again', async () => {
    await die('first');
    await die('second');
    const third = world.newMachine('third');
    const end = await third.execute(world.request);
    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'RunEndsItsWorker' } });
    expect(third.only('run.failed').error.message).toMatch(/^2 processes ended while they worked on this/);
    const again = world.newMachine('again');
    expect(await again.execute(world.request)).toMatchObject({ outcome: 'failed' });
    expect(again.all('run.started')).toEqual([]);
  }, 60_000);

  it('is executed again when a person resumes it', async () => {
    await die('first');
    await die('second');
    await world.newMachine('third').execute(world.request);
    const resumed = world.newMachine('resumed');
    await resumed.execute({ ...world.request, generation: 1 });
    expect(resumed.all('run.completed')).toHaveLength(1);
  }, 60_000);

  it('counts only what ended after its last checkpoint in the store', async () => {
    await die('first');
    const machine = world.newMachine('stopped');
    const stop = new AbortController();
    machine.onPublish = (event) => {
      if (isTraining(event, SAVE_STEPS + 1)) stop.abort();
    };
    await expect(machine.execute(world.request, stop.signal)).rejects.toThrow();
    await die('second');
    const last = world.newMachine('last');
    await last.execute(world.request);
    expect(last.all('run.completed')).toHaveLength(1);
  }, 60_000);
});
