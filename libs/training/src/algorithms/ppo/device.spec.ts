import type { MeshOption } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { expectClose, useDevice } from '@open-chatgpt/testing';
import { baseOf } from '../../testing/base-of';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { LocalWorkers } from './local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from './models';
import { trainPpo } from './train';

useDevice('xla:cpu:4');

const settings = {
  iterations: 3,
  rolloutBatchSize: 8,
  // Passes of 6 and of 2 rows, which four devices do not divide.
  localRolloutForwardBatchSize: 6,
  perDeviceTrainBatchSize: 8,
  numPpoEpochs: 1,
  maxPromptLength: 4,
  responseLength: 8,
  learningRate: 0.003,
  evalSteps: 0,
  saveSteps: 0,
};

interface Trained {
  rewards: number[];
  /** The weights of the policy that the host reads after the first iteration. */
  read: string[];
  weights: Map<string, Float32Array>;
}

/** A short run, in which the policy learns from the first iteration on. */
async function train(mesh: MeshOption | null): Promise<Trained> {
  const config = parsePpoConfig({ ...settings, mesh });
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
  const readInTraining = [...read];
  const weights = policy.trained.all.map(
    ({ name, tensor }) => [name, tensor.read() as Float32Array] as const,
  );
  return { rewards, read: readInTraining, weights: new Map(weights) };
}

describe('PPO on a device', () => {
  let expected: Trained;
  beforeAll(async () => {
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    expected = await train(null);
    process.env.OPEN_CHATGPT_DEVICE = 'xla:cpu:4';
    // ONNX Runtime reads our own memory, so the same count finds reads there.
    expect(expected.read.length).toBeGreaterThan(0);
  });

  it.each<[string, MeshOption | null]>([
    ['one device', null],
    ['zero3 over four devices', { preset: 'zero3' }],
    ['data 2 × tensor 2', { data: 2, tensor: 2 }],
  ])(
    'has the rewards and weights of the CPU, and the policy stays where it is trained: %s',
    async (_, mesh) => {
      const { rewards, read, weights } = await train(mesh);
      expect(read).toEqual([]);
      expect(rewards).toHaveLength(3);
      rewards.forEach((reward, i) => {
        expect(Math.abs(reward - expected.rewards[i])).toBeLessThan(1e-4);
      });
      for (const [name, values] of weights)
        expectClose(values, expected.weights.get(name)!, { rtol: 1e-4, name });
    },
    180_000,
  );
});
