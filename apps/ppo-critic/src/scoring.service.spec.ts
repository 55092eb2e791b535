import type { DataOf, Dataref, ModelVersion } from '@open-chatgpt/events';
import { getExperience, putPrompts, putRollouts, putWeights } from '@open-chatgpt/ppo-exchange';
import { createRng } from '@open-chatgpt/random';
import { type Rollout, weightsFile } from '@open-chatgpt/training';
import { ScoringService } from './scoring.service';
import { createTinyCritic, LEARNER, type TinyCritic } from './testing/tiny-critic';

const never = new AbortController().signal;
const random = createRng(5);
const rollout = (id: number, length: number): Rollout => ({
  id,
  promptIndex: id,
  prompt: [1, 3, 4].slice(0, 1 + (id % 3)),
  response: Array.from({ length }, () => 3 + random.int(12)),
  endsWithEos: id % 2 === 0,
  logProbs: Float32Array.from({ length }, () => -random.next()),
  refLogProbs: Float32Array.from({ length }, () => -random.next()),
});

describe('scoring', () => {
  let tiny: TinyCritic;
  let value: ModelVersion;
  beforeAll(async () => {
    tiny = await createTinyCritic();
    value = await putWeights(tiny.store, `${LEARNER}/value`, weightsFile(tiny.rewardModel.trained));
  });
  afterAll(() => tiny.remove());

  async function requestFor(batches: Rollout[][], dropped = [{ id: 99, reason: 'emptyResponse' }]) {
    const item = { itemId: `1-${batches[0][0].id}`, iteration: 1, evaluation: false };
    const prompts = await putPrompts(tiny.store, LEARNER, item, []);
    const rollouts = await putRollouts(tiny.store, prompts, { batches, dropped });
    const policyVersion = 'ab'.repeat(32);
    const seconds = { queue: 1, rollout: 2 };
    return { ...item, runId: 'run-1', run: tiny.run, value, klCoef: 0.1, policyVersion, rollouts, seconds };
  }

  async function score(
    request: DataOf<'rollout.generated'>,
    signal = never,
  ): Promise<DataOf<'experience.scored'>[]> {
    const published: DataOf<'experience.scored'>[] = [];
    const services = tiny.startProcess(published);
    await new ScoringService(services).execute(request, 0.5, signal);
    services.onModuleDestroy();
    return published;
  }
  const experienceOf = async (batches: Rollout[][]) => {
    const [{ experience }] = await score(await requestFor(batches));
    return getExperience(tiny.store, experience);
  };

  it('gives a batch the same numbers in a separate item and together with others', async () => {
    const batches = [[rollout(0, 4), rollout(1, 1)], [rollout(2, 2), rollout(3, 3)], [rollout(4, 3)]];
    const together = await experienceOf(batches);
    const alone = [];
    for (const batch of batches) alone.push(...(await experienceOf([batch])).samples);
    expect(together.samples).toEqual(alone);
    expect(together.samples.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4]);
    expect(together.dropped).toEqual([{ id: 99, reason: 'emptyResponse' }]);
  }, 60_000);

  it('gives an item back when the process stops', async () => {
    const request = await requestFor([[rollout(7, 2)]]);
    await expect(score(request, AbortSignal.abort())).rejects.toThrow('interrupted before');
  });

  it('names the versions, and adds up the seconds', async () => {
    const [event] = await score(await requestFor([[rollout(5, 2)]]));
    expect(event).toMatchObject({
      itemId: '1-5',
      valueVersion: value.version,
      policyVersion: 'ab'.repeat(32),
      seconds: { queue: 1.5, rollout: 2 },
    });
  });

  const change = async (edit: (rollouts: Dataref) => Dataref) => {
    const request = await requestFor([[rollout(6, 2)]]);
    return score({ ...request, rollouts: edit(request.rollouts) });
  };

  it('skips rollouts that the learner has removed, and fails for damaged ones', async () => {
    expect(await change((rollouts) => ({ ...rollouts, uri: `${rollouts.uri}.none` }))).toEqual([]);
    await expect(change((rollouts) => ({ ...rollouts, sha256: 'cd'.repeat(32) }))).rejects.toThrow(
      /was damaged or replaced/,
    );
  });
});
