import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { useDevice } from '@open-chatgpt/testing';
import { baseOf } from '../../testing/base-of';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { sampleExperience } from './first-pass.fixture';
import { LocalWorkers } from './local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from './models';
import { ResponseForward, responseLogProbs } from './response-forward';
import { trainPpo } from './train';

useDevice('xla:cpu');

const TEMPERATURE = 0.7;
/** One iteration that computes all and changes nothing. */
const config = parsePpoConfig({
  bf16: true,
  iterations: 1,
  rolloutBatchSize: 8,
  localRolloutForwardBatchSize: 8,
  perDeviceTrainBatchSize: 8,
  numPpoEpochs: 1,
  maxPromptLength: 4,
  responseLength: 12,
  temperature: TEMPERATURE,
  learningRate: 0,
  evalSteps: 0,
  saveSteps: 0,
});

/** The metrics of the iteration. */
async function iterate(): Promise<Record<string, number>> {
  const base = await baseOf(tinyModel());
  const policy = createPolicy(base, config);
  const model = tinyModel({ scalarHead: true, seed: 6 });
  const rewardModel = { model, normalization: { mean: 0, std: 1 } };
  const valueTrainer = createValueTrainer(rewardModel, config, 0);
  const critic = createCritic(rewardModel, valueTrainer.model, config, 0);
  const steps: Record<string, number>[] = [];
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
      if (event.type === 'step') steps.push(event.metrics);
    },
  });
  return steps[0];
}

describe('PPO in bfloat16', () => {
  it('takes each ratio and difference in one precision: without an update nothing is clipped, and the KL is 0', async () => {
    const metrics = await iterate();
    expect(metrics).toMatchObject({ kl: 0, clipFraction: 0, valueClipFraction: 0 });
    expect(metrics.ratioKl).toBeLessThan(1e-6);
  });

  it('does not take the log-probabilities of the sampler, which are those of float32', async () => {
    const policy = { ...tinyModel(), bf16: true };
    const experience = await sampleExperience(policy, TEMPERATURE);
    const options = { batchSize: experience.length, maxLength: 48, padTokenId: 0 };
    const forward = new ResponseForward(policy, responseLogProbs(TEMPERATURE), options);
    const passes = await forward.compute(experience);
    const differences = experience.flatMap(({ logProbs }, row) => {
      return [...logProbs].map((one, t) => Math.abs(one - passes[row][t]));
    });
    const mean = differences.reduce((total, one) => total + one, 0) / differences.length;
    expect(mean).toBeGreaterThan(1e-3);
    expect(mean).toBeLessThan(0.05);
  });
});
