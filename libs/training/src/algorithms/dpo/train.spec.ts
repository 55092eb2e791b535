import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pairLength, type TokenizedPreference } from '@open-chatgpt/datasets';
import type { LoraConfig, Model } from '@open-chatgpt/models';
import { descriptorOf, type StageSettings } from '@open-chatgpt/pipeline';
import type { LoopEvent } from '@open-chatgpt/runs';
import { ParameterStore } from '@open-chatgpt/runtime';
import { expectClose, testValues } from '@open-chatgpt/testing';
import { copyWeights } from '../../pipeline/stage-models';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { TrainingInterrupted } from '../../trainer/errors';
import { type DpoRun, trainDpo } from './train';

const LORA: LoraConfig = { r: 4, loraAlpha: 16, loraDropout: 0.1, targetModules: ['all-linear'] };

/** Pairs that share a prompt: tokens 10 to 13 in the chosen responses, 24 to 27 in the rejected ones. */
function makePairs(count: number, salt: number): TokenizedPreference[] {
  const ids = (from: number, length: number, seed: number) =>
    Array.from(testValues(length, salt + seed), (x) => from + Math.floor(2 * (x + 1)));
  return Array.from({ length: count }, (_, i) => {
    const prompt = ids(i % 2 ? 10 : 24, 1 + (i % 4), i);
    const row = (from: number, length: number, seed: number) =>
      Int32Array.from([...prompt, ...ids(from, length, seed + i), 2]);
    return {
      chosenIds: row(10, 1 + ((i * 3) % 7), 100),
      rejectedIds: row(24, 1 + ((i * 5) % 6), 200),
      promptLength: prompt.length,
      margin: 0,
      weight: 1,
    };
  });
}

const PAIRS = makePairs(16, 0);
const HELD_OUT = makePairs(8, 1000);

const settings = {
  numTrainEpochs: 2,
  perDeviceTrainBatchSize: 4,
  maxLength: 32,
  learningRate: 0.003,
  warmupRatio: 0,
  loggingSteps: 1,
  evalSteps: 0,
  saveSteps: 2,
  beta: 0.5,
};

const parse = (fields: object) =>
  descriptorOf('dpo').config.parse({ dataset: { path: 'pairs' }, ...fields }) as StageSettings<'dpo'>;

/** A model before training, and the same model frozen: the base without its adapter, or a copy. */
function startingModels(lora: LoraConfig | null): { model: Model; reference: Model } {
  const model = tinyModel({ lora });
  if (!lora) {
    const reference = tinyModel();
    copyWeights(model.trained, reference.trained);
    return { model, reference };
  }
  for (const { name, data } of model.trained.all) if (name.includes('lora_B')) data.fill(0);
  return { model, reference: { ...model, lora: null, trained: new ParameterStore([]) } };
}

interface Options extends Partial<Omit<DpoRun, 'config'>> {
  lora?: LoraConfig | null;
  pairs?: readonly TokenizedPreference[];
  config?: object;
  /** Called with every event and the reference model. */
  onEvent?: (event: LoopEvent, reference: Model) => void;
}

async function train({ lora = null, pairs = PAIRS, config = {}, onEvent, ...rest }: Options = {}) {
  const { model, reference } = startingModels(lora);
  const events: LoopEvent[] = [];
  const result = await trainDpo({
    model,
    openReference: async () => reference,
    train: rowsInMemory(pairs, pairLength),
    evaluation: HELD_OUT,
    padTokenId: 0,
    config: parse({ ...settings, lora, ...config }),
    listen: (event) => {
      events.push(event);
      onEvent?.(event, reference);
    },
    ...rest,
  });
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
  const evaluations = events.flatMap((event) => (event.type === 'evaluated' ? [event.metrics] : []));
  return { result, steps, evaluations, weights: model.trained.all.map(({ data }) => data.slice()) };
}

describe.each([
  ['every weight', null, {}],
  ['LoRA', LORA, { precomputeRefLogProbs: true }],
])('trainDpo, %s', (_, lora, reference) => {
  it('learns the same with log-probabilities of the reference that were computed before', async () => {
    const each = await train({ lora });
    const before = await train({ lora, config: { precomputeRefLogProbs: true } });
    expect(before.evaluations[0]).toEqual(each.evaluations[0]);
    const losses = ({ steps }: typeof each) => steps.map(({ loss }) => loss);
    expectClose(losses(before), losses(each), { rtol: 1e-5, name: 'losses' });
    for (const [i, weights] of before.weights.entries())
      expectClose(weights, each.weights[i], { rtol: 1e-4, name: `weights ${i}` });
  });

  it('goes on from a checkpoint to the same bits', async () => {
    const unbroken = await train({ lora, config: reference });
    const checkpointDir = mkdtempSync(join(tmpdir(), 'dpo-'));
    try {
      const controller = new AbortController();
      const stopped = train({
        lora,
        config: reference,
        checkpointDir,
        signal: controller.signal,
        onEvent: (event) => event.type === 'step' && event.step === 3 && controller.abort(),
      });
      await expect(stopped).rejects.toThrow(TrainingInterrupted);
      const resumed = await train({ lora, config: reference, checkpointDir, resume: true });
      expect(resumed.weights).toEqual(unbroken.weights);
      expect(resumed.steps.map(({ loss }) => loss)).toEqual(unbroken.steps.slice(3).map(({ loss }) => loss));
      expect(resumed.result).toEqual(unbroken.result);
    } finally {
      rmSync(checkpointDir, { recursive: true });
    }
  });
});

describe('trainDpo', () => {
  it.each([
    ['sigmoid', { lossType: 'sigmoid', labelSmoothing: 0.1 }, LORA],
    ['hinge', { lossType: 'hinge' }, null],
    ['ipo', { lossType: 'ipo' }, null],
    ['robust', { lossType: 'robust', labelSmoothing: 0.1 }, null],
    ['apo_zero', { lossType: 'apo_zero', rpoAlpha: 0.1 }, null],
  ])('prefers the chosen responses of pairs that it never saw: %s', async (_name, config, lora) => {
    const { result, evaluations } = await train({
      lora,
      pairs: makePairs(96, 0),
      evaluation: makePairs(32, 1000),
      config: { ...config, perDeviceTrainBatchSize: 8, numTrainEpochs: 3, learningRate: lora ? 0.01 : 0.003 },
    });
    const [before, after] = [evaluations[0], evaluations.at(-1)!];
    expect(before).toMatchObject({ accuracy: 0.5, margin: 0, chosenReward: 0, rejectedReward: 0, pairs: 32 });
    expect(after.accuracy).toBeGreaterThan(0.8);
    expect(after.margin).toBeGreaterThan(0.1);
    expect(after.evalLoss).toBeLessThan(before.evalLoss);
    expect(result).toMatchObject({
      accuracyBefore: 0.5,
      accuracyAfter: after.accuracy,
      pairsEval: 32,
      steps: 36,
    });
  });

  it.each([
    ['simpo', { lossType: 'simpo', beta: 2 }, LORA],
    ['cpo', { lossType: 'cpo', beta: 0.5 }, null],
    ['orpo', { lossType: 'orpo', beta: 1 }, null],
  ])('opens no reference, and compares log-probabilities: %s', async (_name, config, lora) => {
    const { evaluations } = await train({
      lora,
      pairs: makePairs(96, 0),
      evaluation: makePairs(32, 1000),
      config: { ...config, perDeviceTrainBatchSize: 8, numTrainEpochs: 3, learningRate: lora ? 0.01 : 0.003 },
      openReference: () => Promise.reject(new Error('the reference was opened')),
    });
    const [before, after] = [evaluations[0], evaluations.at(-1)!];
    expect(before.margin).not.toBe(0);
    expect(after.accuracy).toBeGreaterThan(0.8);
    expect(after.margin).toBeGreaterThan(before.margin + 0.1);
    expect(after.evalLoss).toBeLessThan(before.evalLoss);
    // Per token of a small vocabulary; summed over the tokens of an answer it would be several times lower.
    if (config.lossType !== 'cpo') expect(before.chosenReward).toBeGreaterThan(-6 * config.beta);
  });

  it('needs the reference only before training when its log-probabilities are computed then', async () => {
    const onEvent = (event: LoopEvent, reference: Model) => {
      if (event.type === 'started') reference.trained.all[0].data.fill(Number.NaN);
    };
    const { result } = await train({ config: { precomputeRefLogProbs: true }, onEvent });
    expect(result.accuracyAfter).toBeGreaterThan(0.8);
    await expect(train({ onEvent })).rejects.toThrow(/reference model gives a chosen response .* NaN/);
  });

  it('accumulates to the metrics and the update of one large pass', async () => {
    const pairs = PAIRS.map((pair, i) => ({ ...pair, weight: i % 3 ? 1 : 0.5 }));
    const sizes = (perDeviceTrainBatchSize: number, gradientAccumulationSteps: number) => ({
      pairs,
      config: { numTrainEpochs: 1, perDeviceTrainBatchSize, gradientAccumulationSteps },
    });
    const [whole, parts] = [await train(sizes(16, 1)), await train(sizes(4, 4))];
    for (const [name, value] of Object.entries(whole.steps[0]))
      expectClose([parts.steps[0][name]], [value], {
        rtol: 1e-4,
        scale: Math.max(Math.abs(value), 0.01),
        name,
      });
  });

  it('leaves ties out of accuracy and margin', async () => {
    const ties = HELD_OUT.map((pair) => ({ ...pair, weight: 0.5 }));
    const [{ accuracy, margin, pairs }] = (await train({ evaluation: ties })).evaluations;
    expect({ accuracy, margin, pairs }).toEqual({ accuracy: undefined, margin: undefined, pairs: 8 });
  });

  it('does not move for ties, which the reference does not prefer either', async () => {
    const ties = PAIRS.map((pair) => ({ ...pair, weight: 0.5 }));
    const { steps } = await train({ pairs: ties });
    expect(steps[0].loss).toBeCloseTo(Math.LN2, 5);
    expect(steps[0].gradNorm).toBeLessThan(1e-3);
  });

  it('shows answers before and after', async () => {
    const shown: LoopEvent[] = [];
    await train({
      sample: async () => [{ prompt: 'Hi', response: 'Hello' }],
      onEvent: (event) => event.type === 'samples' && shown.push(event),
    });
    expect(shown).toMatchObject([0, 8].map((step) => ({ step, samples: [{ response: 'Hello' }] })));
  });

  it('stops before training when asked to while it computes the log-probabilities of the reference', async () => {
    const stopped = train({ config: { precomputeRefLogProbs: true }, signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow(TrainingInterrupted);
  });

  it('ends when the policy is no longer a number', async () => {
    const model = tinyModel();
    model.trained.all[1].data.fill(Number.NaN);
    await expect(train({ model, evaluation: [] })).rejects.toThrow(/diverged at step 1: the loss is NaN/);
  });
});
