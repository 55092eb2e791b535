import type { DataOf, Dataref } from '@open-chatgpt/events';
import { getValueExperience, putValueExperience } from '@open-chatgpt/ppo-exchange';
import { createRng } from '@open-chatgpt/random';
import { createTinyCritic, LEARNER, type TinyCritic } from './testing/tiny-critic';
import { ValueService } from './value.service';

type Request = DataOf<'value.update-requested'>;
type Updated = DataOf<'value.updated'>;

const never = new AbortController().signal;

describe('the learner of the value model', () => {
  let tiny: TinyCritic;
  let experience: Dataref[];

  /** A process of the critic. */
  function startCritic() {
    const published: Updated[] = [];
    const services = tiny.startProcess(published);
    const service = new ValueService(services);
    const bringTo = async (
      iteration: number,
      more: Partial<Request> = {},
      signal = never,
    ): Promise<Updated> => {
      const last = iteration === 0 ? undefined : experience[iteration - 1];
      const request = { runId: 'run-1', iteration, run: tiny.run, experience: last, save: false, ...more };
      await service.execute(request, signal);
      return published[published.length - 1];
    };
    return { bringTo, published, stop: () => services.onModuleDestroy() };
  }

  beforeAll(async () => {
    tiny = await createTinyCritic();
    const random = createRng(3);
    experience = [];
    for (let iteration = 1; iteration <= 4; iteration++) {
      const samples = Array.from({ length: 4 }, () => ({
        prompt: [1, 3],
        response: [4, 5, 6].map(() => 3 + random.int(12)),
        values: Float32Array.from([0, 0, 0]),
        returns: Float32Array.from([random.normal(), random.normal(), random.normal()]),
      }));
      const previous = experience.at(-1);
      experience.push(await putValueExperience(tiny.store, LEARNER, { iteration, previous, samples }));
    }
  }, 60_000);
  afterAll(() => tiny.remove());

  it('arrives at the same weights from any state', async () => {
    const undisturbed = startCritic();
    const versions: string[] = [];
    for (let iteration = 0; iteration <= 4; iteration++)
      versions.push((await undisturbed.bringTo(iteration)).model.version);
    undisturbed.stop();
    expect(new Set(versions).size).toBe(5);

    // Killed without a checkpoint: from the reward model, all updates at once.
    const restarted = startCritic();
    expect((await restarted.bringTo(3)).model.version).toBe(versions[3]);
    // The same request once more, as after a crash between the answer and the commit.
    expect((await restarted.bringTo(3)).model.version).toBe(versions[3]);
    const saved = await restarted.bringTo(3, { save: true });
    restarted.stop();
    expect(saved.model.version).toBe(versions[3]);

    // Killed after the checkpoint: from its state.
    const base = { iteration: 3, state: saved.state as Dataref };
    const after = startCritic();
    expect((await after.bringTo(3, { base, experience: undefined })).model.version).toBe(versions[3]);
    const afterwards = await putValueExperience(tiny.store, LEARNER, {
      iteration: 4,
      samples: (await getValueExperience(tiny.store, experience[3])).samples,
    });
    expect((await after.bringTo(4, { base, experience: afterwards })).model.version).toBe(versions[4]);
    // The learner of the policy was killed and starts from the checkpoint again.
    expect((await after.bringTo(3, { base, experience: undefined })).model.version).toBe(versions[3]);
    // Or from the beginning.
    expect((await after.bringTo(0)).model.version).toBe(versions[0]);
    after.stop();
  }, 60_000);

  it('gives a request back in the middle of its updates, and repeats it to the same weights', async () => {
    const undisturbed = startCritic();
    const { model } = await undisturbed.bringTo(4);
    undisturbed.stop();
    const critic = startCritic();
    await critic.bringTo(1);
    for (const looks of [1, 2, 5]) {
      const { signal } = new AbortController();
      let count = 0;
      Object.defineProperty(signal, 'aborted', { get: () => ++count > looks });
      await expect(critic.bringTo(3, {}, signal)).rejects.toThrow('interrupted before');
    }
    expect(critic.published).toHaveLength(1);
    expect((await critic.bringTo(4)).model.version).toBe(model.version);
    critic.stop();
  }, 60_000);

  it('skips a request whose experience the learner has removed', async () => {
    const critic = startCritic();
    const gone = { ...experience[0], uri: experience[0].uri.replace('/1-', '/9-') };
    expect(await critic.bringTo(1, { experience: gone })).toBeUndefined();
    critic.stop();
  });
});
