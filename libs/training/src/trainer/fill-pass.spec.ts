import type { Model } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { compilations } from '@open-chatgpt/runtime';
import { expectClose, testValues, useDevice } from '@open-chatgpt/testing';
import { createPairEvaluator } from '../algorithms/dpo/evaluate';
import { Learner } from '../algorithms/ppo/learner';
import { policyFeed } from '../algorithms/ppo/policy-feed';
import { policyObjective } from '../algorithms/ppo/policy-objective';
import { ResponseForward, responseLogProbs } from '../algorithms/ppo/response-forward';
import { RewardScorer } from '../algorithms/reward/scorer';
import { createEvaluator } from '../algorithms/sft/evaluate';
import { tinyModel } from '../testing/tiny-model';
import { fillPass } from './pad-rows';

useDevice('xla:cpu');

const BATCH = 2;
const RESPONSE = 4;
const options = { batchSize: BATCH, maxLength: 16, padTokenId: 0 };

const ids = (length: number, seed: number) =>
  Int32Array.from(testValues(length, seed), (x) => 3 + Math.floor(18 * (x + 1)));
const sequences = (count: number) => Array.from({ length: count }, (_, row) => ids(8, row + 1));
const dialogues = (count: number) =>
  sequences(count).map((all) => ({
    prompt: [...all.slice(0, -RESPONSE)],
    response: [...all.slice(-RESPONSE)],
  }));
const pairs = (count: number) =>
  sequences(count).map((chosenIds, row) => {
    return { chosenIds, rejectedIds: ids(7, row + 50), promptLength: 3, margin: 0, weight: 0.9 };
  });

/** One update that changes no weight. @returns the loss, and then the gradients */
async function update(model: Model, count: number): Promise<number[]> {
  const learner = new Learner(
    model,
    policyObjective({ cliprange: 0.2, entropyCoef: 0.01, temperature: 1 }),
    policyFeed(parsePpoConfig({})),
    {
      optimizer: {
        learningRate: 0,
        adamBeta1: 0.9,
        adamBeta2: 0.999,
        adamEpsilon: 1e-8,
        weightDecay: 0,
        maxGradNorm: 1,
        lrSchedulerType: 'constant',
      },
      totalUpdates: 1,
      perDeviceTrainBatchSize: BATCH,
      gradientCheckpointing: false,
      padTokenId: 0,
      maxLength: 16,
      seed: 1,
    },
  );
  const logProbs = new Float32Array(RESPONSE).fill(-3);
  const experience = dialogues(count).map((dialogue, id) => ({
    ...dialogue,
    id,
    promptIndex: id,
    endsWithEos: false,
    logProbs,
    refLogProbs: logProbs,
    score: 0,
    kl: 0,
    values: logProbs,
    advantages: testValues(RESPONSE, id + 90),
    returns: logProbs,
  }));
  const { loss } = await learner.update(experience);
  const gradients = model.trained.names.flatMap((name) => [...model.trained.gradient(name).floats]);
  return [loss, ...gradients];
}

/** What is computed in passes of `BATCH` rows: numbers, from so many rows. */
const work: Record<string, (count: number) => Promise<ArrayLike<number>>> = {
  'an update of the policy': (count) => update(tinyModel(), count),
  'the evaluation of SFT': async (count) => {
    const rows = sequences(count).map((inputIds) => ({ inputIds, labels: inputIds }));
    const { loss } = await createEvaluator(tinyModel(), rows, options)();
    return [loss];
  },
  'the evaluation of DPO': async (count) => {
    const refLogProbs = new Float32Array(2 * count).fill(-20);
    const loss = {
      beta: 0.1,
      lossType: 'sigmoid',
      labelSmoothing: 0,
      rpoAlpha: null,
      simpoGamma: 0,
    } as const;
    const evaluate = createPairEvaluator(tinyModel(), pairs(count), refLogProbs, { ...options, ...loss });
    const { loss: value, metrics } = await evaluate();
    return [value, metrics.margin];
  },
  scores: (count) => new RewardScorer(tinyModel({ scalarHead: true }), options).score(sequences(count)),
  'log-probabilities of responses': async (count) => {
    const rows = await new ResponseForward(tinyModel(), responseLogProbs(1), options).compute(
      dialogues(count),
    );
    return rows.flatMap((row) => [...row]);
  },
};

describe('a pass with fewer rows than the others', () => {
  it.each(Object.keys(work))('changes no number and compiles no program: %s', async (name) => {
    const compute = work[name];
    const compiled = async (count: number) => {
      const { programs } = compilations();
      const numbers = await compute(count);
      return { numbers, programs: compilations().programs - programs };
    };
    // Compiles what all runs have in common, such as AdamW.
    await compute(BATCH);
    const full = await compiled(2 * BATCH);
    const { numbers: filled, programs } = await compiled(2 * BATCH + 1);
    expect(programs).toBe(full.programs);
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    const expected = await compute(2 * BATCH + 1);
    process.env.OPEN_CHATGPT_DEVICE = 'xla:cpu';
    expect(filled).toHaveLength(expected.length);
    expectClose(Float32Array.from(filled), Float32Array.from(expected), { rtol: 1e-4, name });
  });
});

describe('fillPass', () => {
  const sizeOf = (total: number, rows = total) =>
    fillPass(new Array(rows).fill('row'), { total, batchSize: 16 }).length;

  it('fills to the rows of a pass, and a single pass to 2ⁿ or 1.5 · 2ⁿ', () => {
    expect([17, 33].map((total) => sizeOf(total, 1))).toEqual([16, 16]);
    expect([1, 2, 3, 5, 7, 9, 13, 16].map((total) => sizeOf(total))).toEqual([1, 2, 3, 6, 8, 12, 16, 16]);
  });

  it('fills nothing for ONNX Runtime', () => {
    process.env.OPEN_CHATGPT_DEVICE = 'cpu';
    expect([sizeOf(5), sizeOf(17, 1)]).toEqual([5, 1]);
    process.env.OPEN_CHATGPT_DEVICE = 'xla:cpu';
  });
});
