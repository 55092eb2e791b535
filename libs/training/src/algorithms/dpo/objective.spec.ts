import type { TokenizedPreference } from '@open-chatgpt/datasets';
import { compileTraining } from '@open-chatgpt/models';
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
import { dpoLoss, hingeLoss, ipoLoss } from './dpo-reference.fixture';
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

describe('dpoObjective', () => {
  const variants: [string, DpoLossOptions][] = [
    ['sigmoid', { lossType: 'sigmoid', beta: 0.1, labelSmoothing: 0 }],
    ['smoothed', { lossType: 'sigmoid', beta: 0.1, labelSmoothing: 0.1 }],
    ['hinge', { lossType: 'hinge', beta: 0.25, labelSmoothing: 0 }],
    ['ipo', { lossType: 'ipo', beta: 0.25, labelSmoothing: 0 }],
  ];

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
        refLogProbs: bothSides('ref_*_logps'),
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
  const options: [string, DpoLossOptions][] = [
    ['sigmoid', { lossType: 'sigmoid', beta: 0.3, labelSmoothing: 0 }],
    ['sigmoid with label smoothing', { lossType: 'sigmoid', beta: 0.3, labelSmoothing: 0.2 }],
    ['hinge', { lossType: 'hinge', beta: 0.3, labelSmoothing: 0 }],
    ['ipo', { lossType: 'ipo', beta: 0.3, labelSmoothing: 0 }],
  ];
  const lengths = [3, 5, 2, 7, 4, 1, 6, 2];
  const column = (data: readonly number[]) => ({ shape: [data.length, 1], data, requiresGrad: false });
  const shares = column([0.4, 0.3, 0.2, 0.1]);
  /** Certain, a tie, a soft label, and one that is the wrong way round. */
  const weights = column([1, 0.5, 0.8, 0]);

  /** The same in float64: the expectation over both orders of each pair. */
  function expected(ratios: readonly number[], settings: DpoLossOptions): number {
    const { beta, lossType, labelSmoothing } = settings;
    const reference = { chosen: 0, rejected: 0 };
    return shares.data.reduce((sum, share, i) => {
      const perToken = (at: number) => (lossType === 'ipo' ? ratios[at] / lengths[at] : ratios[at]);
      const [a, b] = [perToken(i), perToken(4 + i)];
      const loss = (policy: { chosen: number; rejected: number }) => {
        if (lossType === 'sigmoid') return dpoLoss(policy, reference, beta, labelSmoothing);
        return (lossType === 'hinge' ? hingeLoss : ipoLoss)(policy, reference, beta);
      };
      const [right, swapped] = [loss({ chosen: a, rejected: b }), loss({ chosen: b, rejected: a })];
      return sum + share * (weights.data[i] * right + (1 - weights.data[i]) * swapped);
    }, 0);
  }

  const lossOf = (ratios: readonly number[], settings: DpoLossOptions) =>
    runGraph((_, values) => ({ loss: preferenceLoss(values as unknown as PairTerms, settings) }), {
      ratios: column(ratios),
      lengths: column(lengths),
      weights,
      shares,
    }).loss;

  it.each(options)('is the float64 formula: %s', (name, settings) => {
    for (const size of [1, 10, 1000]) {
      const ratios = Array.from(testValues(8, 3), (x) => size * x);
      expectClose(lossOf(ratios, settings), [expected(ratios, settings)], { rtol: 1e-5, name });
    }
  });

  it.each(options)('before the first update is that of equal rewards: %s', (name, settings) => {
    const start = { sigmoid: Math.LN2, hinge: 1, ipo: (1 / (2 * settings.beta)) ** 2 }[settings.lossType];
    expectClose(lossOf(new Array(8).fill(0), settings), [start], { rtol: 1e-6, name });
  });

  it.each(options)('has the gradient of its finite differences: %s', (name, settings) => {
    // Log-ratios whose differences stay away from the kinks of the hinge, at ±1/β.
    const data = [1.5, -0.4, 6, 0.2, -1, 0.9, -0.5, 1.7];
    checkGradient({
      name,
      inputs: { ratios: { shape: [8, 1], data }, lengths: column(lengths), weights, shares },
      build: (_, values) => preferenceLoss(values as unknown as PairTerms, settings),
    });
  });
});
