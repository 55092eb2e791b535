import { currentFolder } from '@open-chatgpt/storage';
import { undisturbedModel, World } from './testing/world';

let undisturbed: string;
let world: World;

beforeAll(async () => {
  undisturbed = await undisturbedModel();
}, 120_000);
beforeEach(() => {
  world = new World();
});
afterEach(() => world.remove());

describe('a worker that was thought dead', () => {
  /** A machine that hangs in a write to the store until it is let go, while another one does the whole run. */
  async function overtaken(hangsAt: (key: string, body: unknown) => boolean) {
    let letGo = () => {};
    let arrive = () => {};
    const hanging = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const free = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const slow = world.storeWith({
      async put(key, body, condition) {
        if (hangsAt(key, body)) {
          arrive();
          await free;
        }
        return world.store.put(key, body, condition);
      },
    });
    const old = world.machineWith(slow, 'old');
    const working = old.execute(world.request);
    await hanging;
    const publishedBefore = old.published.filter(({ type }) => type === 'run.checkpointed').length;
    const young = world.newMachine('young');
    await young.execute(world.request);
    const before = await world.record();
    letGo();
    await working;
    return { old, young, publishedBefore, before };
  }

  it.each<[string, (key: string, body: unknown) => boolean]>([
    ['a checkpoint', (key) => /\/checkpoints\/.*\/files\/events\.json$/.test(key)],
    [
      'the record of a checkpoint',
      (key, body) => key.endsWith('/record.json') && String(body).includes('"checkpoints":[{'),
    ],
    ['its model', (key) => /^models\/.*safetensors$/.test(key)],
    ['its completion', (key, body) => key.endsWith('/record.json') && String(body).includes('"completed"')],
  ])('and hung at %s publishes nothing any more', async (_, hangsAt) => {
    const { old, young, publishedBefore, before } = await overtaken(hangsAt);
    expect(young.only('run.completed')).toMatchObject({ attempt: 2 });
    expect(old.all('run.checkpointed')).toHaveLength(publishedBefore);
    for (const type of ['model.published', 'run.completed', 'run.failed', 'run.cancelled'] as const)
      expect(old.all(type)).toEqual([]);
    expect(old.all('alert.raised').map(({ name }) => name)).toEqual(['RunTakenOver']);
    expect(await world.record()).toEqual(before);
    expect(before).toMatchObject({ attempt: 2, completed: { run: { attempt: 2 } } });
    const { manifest } = young.only('model.published');
    expect(manifest.version).toBe(undisturbed);
    expect(await currentFolder(world.store, 'models/tiny-sft')).toEqual({ manifest });
  });
});
