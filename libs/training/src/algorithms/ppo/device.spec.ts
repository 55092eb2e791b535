import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { useDevice } from '@open-chatgpt/testing';
import { baseOf } from '../../testing/base-of';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { LocalWorkers } from './local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from './models';
import { trainPpo } from './train';

useDevice('xla:cpu');

const config = parsePpoConfig({
  iterations: 3,
  rolloutBatchSize: 8,
  localRolloutForwardBatchSize: 8,
  perDeviceTrainBatchSize: 8,
  numPpoEpochs: 1,
  maxPromptLength: 4,
  responseLength: 8,
  learningRate: 0.003,
  evalSteps: 0,
  saveSteps: 0,
});

/** The rewards of a short run, and the weights of the policy that the host reads after its first iteration. */
async function train(): Promise<{ rewards: number[]; read: string[] }> {
  const base = await baseOf(tinyModel());
  const policy = createPolicy(base, config);
  const model = tinyModel({ scalarHead: true, seed: 6 });
  const rewardModel = { model, normalization: { mean: 0, std: 1 } };
  const valueTrainer = createValueTrainer(rewardModel, config, 0);
  const critic = createCritic(rewardModel, valueTrainer.model, config, 0);
  const rewards: number[] = [];
  const read: string[] = [];
  const watchPolicy = () => {
    for (const { name, tensor } of policy.trained.all)
      for (const method of ['toHost', 'read'] as const) {
        const original = tensor[method].bind(tensor);
        jest.spyOn(tensor, method).mockImplementation(() => {
          read.push(name);
          return original() as never;
        });
      }
  };
  await trainPpo({
    policy,
    workers: new LocalWorkers(createActor(policy, base, config), critic, valueTrainer),
    prompts: rowsInMemory(
      [[1, 7, 9, 4], [5], [11, 12], [1, 2, 3, 4]].map((prompt) => ({ inputIds: Int32Array.from(prompt) })),
      ({ inputIds }) => inputIds.length,
    ),
    evaluationPrompts: [],
    describe: async () => ({ samples: [], metrics: {} }),
    padTokenId: 0,
    config,
    listen: (event) => {
      if (event.type !== 'step') return;
      rewards.push(event.metrics.reward);
      if (rewards.length === 1) watchPolicy();
    },
  });
  return { rewards, read };
}

describe('PPO on a device', () => {
  it('has the rewards of the CPU, and the policy stays where it is trained', async () => {
    const { rewards, read } = await train();
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    const expected = await train();
    expect(rewards).toHaveLength(3);
    rewards.forEach((reward, i) => {
      expect(Math.abs(reward - expected.rewards[i])).toBeLessThan(1e-4);
    });
    expect(read).toEqual([]);
    // ONNX Runtime reads our own memory, so the same count finds reads there.
    expect(expected.read.length).toBeGreaterThan(0);
  });
});
