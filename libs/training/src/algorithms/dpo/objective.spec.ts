import type { TokenizedPreference } from '@open-chatgpt/datasets';
import { compileTraining } from '@open-chatgpt/models';
import { likelihoodCoef, PREFERENCE_LOSSES } from '@open-chatgpt/pipeline';
import {
  checkGradient,
  expectClose,
  goldenFloats,
  goldenIntegers,
  readGolden,
  runGraph,
  testValues,
  withPrefix,
} from '@open-chatgpt/testing';
import { goldenFolder, goldenModel } from '../../testing/golden-model';
import { tenSteps } from '../../testing/ten-steps';
import { dpoLoss, hingeLoss, ipoLoss, pairLosses } from './dpo-reference.fixture';
import { type DpoLossOptions, dpoObjective, type PairTerms, preferenceLoss } from './objective';
import { pairBatch } from './pair-batch';
import { Reference } from './reference';

const golden = readGolden(goldenFolder('dpo'));

/** The rows of one side without their padding. */
function rowsOf(side: 'chosen' | 'rejected'): Int32Array[] {
  const [batch, length] = golden.get(`${side}_input_ids`)!.shape;
  const ids = goldenIntegers(golden, `${side}_input_ids`);
  const mask = goldenIntegers(golden, `${side}_attention_mask`);
  return Array.from({ length: batch }, (_, row) =>
    Int32Array.from(ids.slice(row * length, (row + 1) * length).filter((_, t) => mask[row * length + t])),
  );
}

const [chosen, rejected] = [rowsOf('chosen'), rowsOf('rejected')];

/** The pairs of PyTorch's golden case. */
const pairs: TokenizedPreference[] = goldenIntegers(golden, 'prompt_lengths').map((promptLength, i) => ({
  chosenIds: chosen[i],
  rejectedIds: rejected[i],
  promptLength,
  margin: 0,
  weight: 1,
}));

/** [2P]: two tensors of the golden case, one for each side, which takes the place of `*` in the name. */
const bothSides = (name: string): Float32Array =>
  Float32Array.from(
    ['chosen', 'rejected'].flatMap((side) => [...goldenFloats(golden, name.replace('*', side))]),
  );

const settingsOf = (settings: Partial<DpoLossOptions>): DpoLossOptions => ({
  lossType: 'sigmoid',
  beta: 0.1,
  labelSmoothing: 0,
  rpoAlpha: null,
  simpoGamma: 0.5,
  ...settings,
});

describe('dpoObjective', () => {
  const variants: [string, DpoLossOptions][] = Object.entries({
    sigmoid: settingsOf({}),
    smoothed: settingsOf({ labelSmoothing: 0.1 }),
    hinge: settingsOf({ lossType: 'hinge', beta: 0.25 }),
    ipo: settingsOf({ lossType: 'ipo', beta: 0.25 }),
    sigmoid_norm: settingsOf({ lossType: 'sigmoid_norm', beta: 2 }),
    robust: settingsOf({ lossType: 'robust', beta: 0.3, labelSmoothing: 0.1 }),
    apo_zero: settingsOf({ lossType: 'apo_zero' }),
    apo_down: settingsOf({ lossType: 'apo_down' }),
    simpo: settingsOf({ lossType: 'simpo', beta: 2 }),
    cpo: settingsOf({ lossType: 'cpo' }),
    orpo: settingsOf({ lossType: 'orpo', beta: 0.2 }),
    rpo: settingsOf({ rpoAlpha: 0.5 }),
  });

  it.each(
    variants.flatMap(([name, options]) => [false, true].map((again) => [name, again, options] as const)),
  )(
    'is PyTorch’s: loss, log-probabilities, gradients and ten steps (%s, gradientCheckpointing %s)',
    async (variant, gradientCheckpointing, options) => {
      const model = await goldenModel('dpo');
      const { padded, inputs } = pairBatch(pairs, model.config.padTokenId, 12);
      const { batchSize: batch, length } = padded;
      const program = compileTraining(model, dpoObjective(options), { batch, length, gradientCheckpointing });
      program.feed({
        ...inputs,
        refLogProbs: PREFERENCE_LOSSES[options.lossType].reference
          ? bothSides('ref_*_logps')
          : new Float32Array(2 * pairs.length),
        weights: new Float32Array(pairs.length).fill(1),
        shares: new Float32Array(pairs.length).fill(1 / pairs.length),
      });
      await program.run();
      expectClose(program.outputs.logProbs.floats, bothSides('*_logps'), { rtol: 1e-5, name: 'logProbs' });
      const actual = await tenSteps(program, model);
      const wanted = withPrefix(golden, `${variant}.`);
      expect(Object.keys(actual).sort()).toEqual([...wanted.keys()].sort());
      for (const [name, expected] of wanted) {
        const rtol = name.startsWith('final.') ? 1e-4 : 1e-5;
        expectClose(actual[name], expected, { rtol, name });
      }
    },
  );
});

it('the reference gives PyTorch’s log-probabilities, in the order of the pairs, however they are batched', async () => {
  const model = await goldenModel('dpo');
  for (const batchSize of [1, 2, 3]) {
    const reference = new Reference(model, { batchSize, maxLength: 12, padTokenId: 0 });
    const name = `logProbs in batches of ${batchSize}`;
    expectClose(await reference.logProbs(pairs), bothSides('*_logps'), { rtol: 1e-5, name });
  }
});

describe('preferenceLoss', () => {
  const options = Object.entries({
    sigmoid: settingsOf({ beta: 0.3 }),
    'sigmoid with label smoothing': settingsOf({ beta: 0.3, labelSmoothing: 0.2 }),
    'sigmoid with likelihood': settingsOf({ beta: 0.3, rpoAlpha: 0.7 }),
    ...Object.fromEntries(
      (['sigmoid_norm', 'hinge', 'ipo', 'apo_zero', 'apo_down', 'simpo', 'cpo', 'orpo'] as const).map(
        (lossType) => [lossType, settingsOf({ lossType, beta: 0.3 })],
      ),
    ),
    robust: settingsOf({ lossType: 'robust', beta: 0.3, labelSmoothing: 0.2 }),
  });
  const lengths = [3, 5, 2, 7, 4, 1, 6, 2];
  const column = (data: readonly number[]) => ({ shape: [data.length, 1], data, requiresGrad: false });
  const shares = column([0.4, 0.3, 0.2, 0.1]);
  /** Certain, a tie, a soft label, and one that is the wrong way round. */
  const weights = column([1, 0.5, 0.8, 0]);

  /** The same in float64: the expectation over both orders of each pair. */
  function expected(scores: readonly number[], settings: DpoLossOptions): number {
    const { beta, lossType, labelSmoothing, simpoGamma } = settings;
    const reference = { chosen: 0, rejected: 0 };
    const ordered = (chosen: number, rejected: number): number => {
      const policy = { chosen, rejected };
      switch (lossType) {
        case 'hinge':
          return hingeLoss(policy, reference, beta);
        case 'ipo':
          return ipoLoss(policy, reference, beta);
        case 'robust':
          return pairLosses.robust(chosen, rejected, beta, labelSmoothing);
        case 'simpo':
          return pairLosses.simpo(chosen, rejected, beta, simpoGamma);
        case 'apo_zero':
        case 'apo_down':
        case 'orpo':
          return pairLosses[lossType](chosen, rejected, beta);
        default:
          return dpoLoss(policy, reference, beta, labelSmoothing);
      }
    };
    const perToken = (at: number) => scores[at] / lengths[at];
    const scoreOf = PREFERENCE_LOSSES[lossType].perToken ? perToken : (at: number) => scores[at];
    const alpha = likelihoodCoef(settings);
    return shares.data.reduce((sum, share, i) => {
      const [a, b] = [scoreOf(i), scoreOf(4 + i)];
      const right = ordered(a, b) - alpha * perToken(i);
      const swapped = ordered(b, a) - alpha * perToken(4 + i);
      return sum + share * (weights.data[i] * right + (1 - weights.data[i]) * swapped);
    }, 0);
  }

  const lossOf = (scores: readonly number[], settings: DpoLossOptions) =>
    runGraph((_, values) => ({ loss: preferenceLoss(values as unknown as PairTerms, settings) }), {
      logProbs: column(scores),
      ratios: column(scores),
      lengths: column(lengths),
      weights,
      shares,
    }).loss;

  /** Log-probabilities, which are negative; the log-odds of a token that is all but certain have no float32 value. */
  const negative = (scores: readonly number[]) => scores.map((x) => -Math.abs(x) - 0.05);

  it.each(options)('is the float64 formula: %s', (name, settings) => {
    for (const size of [1, 10, 1000]) {
      const scores = Array.from(testValues(8, 3), (x) => size * x);
      const given = settings.lossType === 'orpo' ? negative(scores) : scores;
      const want = expected(given, settings);
      // The terms are as large as the scores, and those of `robust` cancel.
      const scale = Math.max(Math.abs(want), size / 100);
      expectClose(lossOf(given, settings), [want], { rtol: 1e-5, name, scale });
    }
  });

  it.each([
    ['sigmoid', Math.LN2],
    ['robust', Math.LN2],
    ['hinge', 1],
    ['ipo', (1 / 0.6) ** 2],
    ['apo_zero', 1],
    ['apo_down', 1],
  ] as const)('before the first update is that of equal rewards: %s', (lossType, start) => {
    const settings = settingsOf({ lossType, beta: 0.3 });
    expectClose(lossOf(new Array(8).fill(0), settings), [start], { rtol: 1e-6, name: lossType });
  });

  it('of the odds of a certain answer is finite', () => {
    const [loss] = lossOf([0, -1e-9, -1, 0, -2, 0, 0, -1e-9], settingsOf({ lossType: 'orpo' }));
    expect(Number.isFinite(loss)).toBe(true);
  });

  it.each(options)('has the gradient of its finite differences: %s', (name, settings) => {
    // Log-ratios whose differences stay away from the kinks of the hinge, at ±1/β.
    const ratios = [1.5, -0.4, 6, 0.2, -1, 0.9, -0.5, 1.7];
    const data = settings.lossType === 'orpo' ? negative(ratios) : ratios;
    checkGradient({
      name,
      inputs: { ratios: { shape: [8, 1], data }, lengths: column(lengths), weights, shares },
      build: (_, values) =>
        preferenceLoss({ ...values, logProbs: values.ratios } as unknown as PairTerms, settings),
    });
  });
});
