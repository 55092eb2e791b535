import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { useDevice } from '@open-chatgpt/testing';
import { tinyModel } from '../../testing/tiny-model';
import { tinyPpoRun } from '../../testing/tiny-ppo-run';
import { sampleExperience } from './first-pass.fixture';
import { ResponseForward, responseLogProbs } from './response-forward';

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

describe('PPO in bfloat16', () => {
  it('takes each ratio and difference in one precision: without an update nothing is clipped, and the KL is 0', async () => {
    const { steps } = await tinyPpoRun(config);
    const [metrics] = steps;
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
