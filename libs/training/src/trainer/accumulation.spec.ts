import { pairLength } from '@open-chatgpt/datasets';
import type { LoraConfig, Model } from '@open-chatgpt/models';
import { parsePpoConfig, parseRewardConfig, parseSftConfig } from '@open-chatgpt/pipeline';
import { expectClose, testValues } from '@open-chatgpt/testing';
import { Learner, type LearnerOptions } from '../algorithms/ppo/learner';
import { policyFeed } from '../algorithms/ppo/policy-feed';
import { policyObjective } from '../algorithms/ppo/policy-objective';
import { trainReward } from '../algorithms/reward/train';
import { trainSft } from '../algorithms/sft/train';
import { rowsInMemory } from '../testing/rows-in-memory';
import { type TinyModelOptions, tinyModel } from '../testing/tiny-model';
import { TrainingDiverged } from './errors';

const LORA: LoraConfig = { r: 2, loraAlpha: 4, loraDropout: 0, targetModules: ['q_proj', 'up_proj'] };

/** Rows of 2 to 32 tokens, so that passes differ in length and in their number of labels. */
const rows = Array.from({ length: 8 }, (_, row) => {
  const ids = testValues(2 + ((row * 13) % 31), row).map((x) => 3 + Math.floor(18 * (x + 1)));
  return Int32Array.from(ids);
});

const stage = {
  numTrainEpochs: 1,
  maxLength: 32,
  learningRate: 0,
  evalSteps: 0,
  saveSteps: 0,
} as const;

interface Passes {
  perDeviceTrainBatchSize: number;
  gradientAccumulationSteps: number;
  gradientCheckpointing: boolean;
}

const environment = { listen: () => {}, evaluation: [], padTokenId: 0 };

const learnerOptions = { totalUpdates: 1, padTokenId: 0, maxLength: 32, seed: 1 };
const optimizer: LearnerOptions['optimizer'] = {
  learningRate: 0.1,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
  lrSchedulerType: 'constant',
};

function policyUpdate(model: Model, passes: Omit<Passes, 'gradientAccumulationSteps'>, rate = 0) {
  const objective = policyObjective({ cliprange: 0.2, entropyCoef: 0.01, temperature: 0.7 });
  const learner = new Learner(model, objective, policyFeed(parsePpoConfig({})), {
    ...learnerOptions,
    ...passes,
    optimizer: { ...optimizer, learningRate: rate },
  });
  const experience = rows.map((ids, id) => {
    const response = Array.from(ids.slice(1));
    const zeros = new Float32Array(response.length);
    return {
      id,
      promptIndex: id,
      prompt: [ids[0]],
      response,
      endsWithEos: false,
      logProbs: zeros.map(() => -3),
      refLogProbs: zeros,
      score: 0,
      kl: 0,
      values: zeros,
      advantages: testValues(response.length, 50 + id),
      returns: zeros,
    };
  });
  return learner.update(experience);
}

/** One update of each stage over the same eight rows. */
const stages: [string, TinyModelOptions, (model: Model, passes: Passes) => Promise<unknown>][] = [
  [
    'SFT',
    {},
    (model, passes) =>
      trainSft({
        ...environment,
        model,
        train: rowsInMemory(
          rows.map((inputIds) => ({ inputIds, labels: inputIds.map((id, t) => (t < 1 ? -100 : id)) })),
          ({ inputIds }) => inputIds.length,
        ),
        config: parseSftConfig({ ...stage, ...passes, warmupRatio: 0 }),
      }),
  ],
  [
    'the reward model',
    { scalarHead: true },
    (model, passes) =>
      trainReward({
        ...environment,
        model,
        train: rowsInMemory(
          rows.map((chosenIds, i) => ({
            chosenIds,
            rejectedIds: rows[(i + 3) % 8],
            promptLength: 1,
            margin: 0,
            weight: 1,
          })),
          pairLength,
        ),
        config: parseRewardConfig({ ...stage, ...passes }),
      }),
  ],
  ['PPO', {}, policyUpdate],
];

async function gradientsOf(
  options: TinyModelOptions,
  update: (model: Model, passes: Passes) => Promise<unknown>,
  passes: Passes,
): Promise<Map<string, Float32Array>> {
  const model = tinyModel(options);
  await update(model, passes);
  return new Map(model.trained.names.map((name) => [name, model.trained.gradient(name).floats]));
}

describe.each(stages)('gradient accumulation of %s', (_, options, update) => {
  it.each([
    ['every weight', false, null],
    ['every weight, gradientCheckpointing', true, null],
    ['LoRA', false, LORA],
    ['LoRA, gradientCheckpointing', true, LORA],
  ])('computes the gradients of one large pass: %s', async (_name, gradientCheckpointing, lora) => {
    const whole = await gradientsOf({ ...options, lora }, update, {
      perDeviceTrainBatchSize: 8,
      gradientAccumulationSteps: 1,
      gradientCheckpointing: false,
    });
    const parts = await gradientsOf({ ...options, lora }, update, {
      perDeviceTrainBatchSize: 4,
      gradientAccumulationSteps: 2,
      gradientCheckpointing,
    });
    for (const [name, gradient] of whole) {
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0);
      expectClose(parts.get(name)!, gradient, { rtol: 1e-5, name });
    }
  });
});

describe('a NaN among the weights', () => {
  it.each([
    ['every weight', null, 'model.layers.1.mlp.down_proj.weight'],
    ['LoRA', LORA, 'model.layers.0.mlp.up_proj.lora_B.weight'],
  ])('ends the update before any weight changes: %s', async (_, lora, broken) => {
    const model = tinyModel({ lora });
    model.trained.get(broken).data[3] = Number.NaN;
    const before = model.trained.all.map(({ data }) => data.slice());
    const failure = await policyUpdate(
      model,
      { perDeviceTrainBatchSize: 4, gradientCheckpointing: false },
      0.1,
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrainingDiverged);
    expect((failure as Error).message).toMatch(/step 1: the loss is NaN/);
    expect(model.trained.all.map(({ data }) => data)).toEqual(before);
  });
});
