import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenizedUnpaired } from '@open-chatgpt/datasets';
import { descriptorOf, type StageSettings } from '@open-chatgpt/pipeline';
import type { LoopEvent } from '@open-chatgpt/runs';
import { expectClose, testValues } from '@open-chatgpt/testing';
import { copyWeights } from '../../pipeline/stage-models';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { TrainingInterrupted } from '../../trainer/errors';
import { type KtoRun, trainKto } from './train';

/** Answers of tokens 10 to 13 are good, those of 24 to 27 bad; two of three are good. */
function makeAnswers(count: number, salt: number): TokenizedUnpaired[] {
  const ids = (from: number, length: number, seed: number) =>
    Array.from(testValues(length, salt + seed), (x) => from + Math.floor(2 * (x + 1)));
  return Array.from({ length: count }, (_, i) => {
    const label = i % 3 > 0;
    const prompt = ids(i % 2 ? 10 : 24, 1 + (i % 4), i);
    const answer = ids(label ? 10 : 24, 1 + ((i * 3) % 7), 100 + i);
    return { inputIds: Int32Array.from([...prompt, ...answer, 2]), promptLength: prompt.length, label };
  });
}

const parse = (fields: object) =>
  descriptorOf('kto').config.parse({
    dataset: { path: 'answers' },
    numTrainEpochs: 2,
    perDeviceTrainBatchSize: 4,
    maxLength: 32,
    learningRate: 0.003,
    warmupRatio: 0,
    loggingSteps: 1,
    evalSteps: 0,
    saveSteps: 2,
    beta: 0.5,
    ...fields,
  }) as StageSettings<'kto'>;

interface Options extends Partial<Omit<KtoRun, 'config'>> {
  answers?: readonly TokenizedUnpaired[];
  config?: object;
  onEvent?: (event: LoopEvent) => void;
}

async function train({ answers = makeAnswers(16, 0), config = {}, onEvent, ...rest }: Options = {}) {
  const [model, reference] = [tinyModel(), tinyModel()];
  copyWeights(model.trained, reference.trained);
  const events: LoopEvent[] = [];
  const result = await trainKto({
    model,
    openReference: async () => reference,
    train: rowsInMemory(answers, ({ inputIds }) => inputIds.length),
    evaluation: makeAnswers(9, 1000),
    padTokenId: 0,
    config: parse(config),
    listen: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    ...rest,
  });
  const steps = events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
  const evaluations = events.flatMap((event) => (event.type === 'evaluated' ? [event.metrics] : []));
  return { result, steps, evaluations, weights: model.trained.all.map(({ data }) => data.slice()) };
}

describe('trainKto', () => {
  it.each([
    ['kto', { undesirableWeight: 2 }],
    ['apo_zero_unpaired', {}],
  ])('tells good from bad answers that it never saw: %s', async (lossType, weights) => {
    const { result, evaluations, steps } = await train({
      answers: makeAnswers(96, 0),
      evaluation: makeAnswers(33, 1000),
      config: { lossType, ...weights, perDeviceTrainBatchSize: 8, numTrainEpochs: 5 },
    });
    const [before, after] = [evaluations[0], evaluations.at(-1)!];
    expect(before).toMatchObject({ accuracy: 0.5, margin: 0, desirableReward: 0, kl: 0, answers: 33 });
    expect(after.accuracy).toBeGreaterThan(0.8);
    expect(after.margin).toBeGreaterThan(0.1);
    expect(after.evalLoss).toBeLessThan(before.evalLoss);
    expect(result).toMatchObject({ accuracyBefore: 0.5, accuracyAfter: after.accuracy, steps: 60 });
    expect(steps.some(({ kl }) => kl > 0)).toBe(lossType === 'kto');
  });

  it('goes on from a checkpoint to the same bits', async () => {
    const unbroken = await train();
    const checkpointDir = mkdtempSync(join(tmpdir(), 'kto-'));
    try {
      const controller = new AbortController();
      const stopped = train({
        checkpointDir,
        signal: controller.signal,
        onEvent: (event) => event.type === 'step' && event.step === 3 && controller.abort(),
      });
      await expect(stopped).rejects.toThrow(TrainingInterrupted);
      const resumed = await train({ checkpointDir, resume: true });
      expect(resumed.weights).toEqual(unbroken.weights);
      expect(resumed.steps.map(({ loss }) => loss)).toEqual(unbroken.steps.slice(3).map(({ loss }) => loss));
      expect(resumed.result).toEqual(unbroken.result);
    } finally {
      rmSync(checkpointDir, { recursive: true });
    }
  });

  it('accumulates to the metrics and the update of one large pass', async () => {
    const sizes = (perDeviceTrainBatchSize: number, gradientAccumulationSteps: number) => ({
      config: {
        lossType: 'apo_zero_unpaired',
        numTrainEpochs: 1,
        perDeviceTrainBatchSize,
        gradientAccumulationSteps,
      },
    });
    const [whole, parts] = [await train(sizes(16, 1)), await train(sizes(4, 4))];
    for (const [name, value] of Object.entries(whole.steps[0]))
      expectClose([parts.steps[0][name]], [value], {
        rtol: 1e-4,
        scale: Math.max(Math.abs(value), 0.01),
        name,
      });
  });

  it('leaves out the margin where all held-out answers have one label', async () => {
    const evaluation = makeAnswers(9, 1000).filter(({ label }) => label);
    const [first] = (await train({ evaluation })).evaluations;
    expect(first).toMatchObject({ accuracy: 0.5, desirableReward: 0, answers: 6 });
    expect(Object.keys(first)).not.toContain('margin');
  });

  it('refuses a reference whose log-probabilities are not finite', async () => {
    const reference = tinyModel();
    reference.trained.all[1].data.fill(Number.NaN);
    await expect(train({ openReference: async () => reference })).rejects.toThrow(
      'the reference model gives a response the log-probability NaN; its weights are not usable: start from another model',
    );
  });
});
