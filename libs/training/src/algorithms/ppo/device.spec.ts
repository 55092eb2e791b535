import type { MeshOption } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import type { ParameterStore } from '@open-chatgpt/runtime';
import { expectClose, useDevice } from '@open-chatgpt/testing';
import { type TinyPpoRun, tinyPpoRun } from '../../testing/tiny-ppo-run';
import { Learner } from './learner';
import type { Dialogue } from './response-batch';

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
  /** The models at the begin and at the end of each update. */
  learned: string[];
}

/** Records the begin and the end of each update, with the weights that it changes. */
function watchUpdates() {
  const stores: ParameterStore[] = [];
  const original = Learner.prototype.update;
  const spy = jest.spyOn(Learner.prototype, 'update').mockImplementation(async function (
    this: Learner<Dialogue>,
    ...args
  ) {
    const { store } = this.optimizer;
    stores.push(store);
    const metrics = await original.apply(this, args);
    stores.push(store);
    return metrics;
  });
  return { stores, spy };
}

/** A short run, in which the policy learns from the first iteration on. */
async function train(mesh: MeshOption | null): Promise<Trained> {
  const config = parsePpoConfig({ ...settings, mesh });
  const read: string[] = [];
  const watchPolicy = ({ policy, steps }: TinyPpoRun) => {
    if (steps.length > 1) return;
    for (const { name, tensor } of policy.trained.all)
      for (const method of ['toHost', 'read'] as const) {
        const original = tensor[method].bind(tensor);
        jest.spyOn(tensor, method).mockImplementation(() => {
          read.push(name);
          return original() as never;
        });
      }
  };
  const updates = watchUpdates();
  const { policy, steps } = await tinyPpoRun(config, watchPolicy);
  updates.spy.mockRestore();
  const rewards = steps.map(({ reward }) => reward);
  const readInTraining = [...read];
  const weights = policy.trained.all.map(
    ({ name, tensor }) => [name, tensor.read() as Float32Array] as const,
  );
  const learned = updates.stores.map((store) => (store === policy.trained ? 'policy' : 'value'));
  return { rewards, read: readInTraining, weights: new Map(weights), learned };
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
      const { rewards, read, weights, learned } = await train(mesh);
      expect(read).toEqual([]);
      // One after the other: where processes form a mesh, each launches the programs in this order.
      expect(learned).toEqual(rewards.flatMap(() => ['value', 'value', 'policy', 'policy']));
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
