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
import { ForwardPrograms } from '../../trainer/programs';
import { responseLogProbs } from '../responses/log-probs';
import { type ResponseRow, responseBatch } from '../responses/response-batch';
import { klBaseline, mismatchedRows } from './kl-baseline';
import { ktoReference } from './kto-reference.fixture';
import { type KtoLossOptions, type KtoTerms, ktoLoss, ktoObjective } from './objective';

const golden = readGolden(goldenFolder('kto'));
const promptLengths = goldenIntegers(golden, 'prompt_lengths');

/** Rows of PyTorch's golden case without their padding. */
function rowsOf(prefix: '' | 'mismatched_'): ResponseRow[] {
  const length = golden.get(`${prefix}input_ids`)!.shape[1];
  const ids = goldenIntegers(golden, `${prefix}input_ids`);
  const mask = goldenIntegers(golden, `${prefix}attention_mask`);
  return promptLengths.map((promptLength, row) => {
    const inputIds = ids.slice(row * length, (row + 1) * length).filter((_, t) => mask[row * length + t]);
    return { inputIds: Int32Array.from(inputIds), promptLength };
  });
}

const [rows, mismatched] = [rowsOf(''), rowsOf('mismatched_')];
const settings: KtoLossOptions = { beta: 0.1, desirableWeight: 1, undesirableWeight: 1 };

describe('the baseline of KTO', () => {
  it('compares each prompt with the response of the row before it', () => {
    expect(mismatchedRows(rows, 12)).toEqual(mismatched);
    const cut = mismatched.map(({ inputIds, promptLength }) => ({
      inputIds: inputIds.slice(0, 9),
      promptLength,
    }));
    expect(mismatchedRows(rows, 9)).toEqual(cut);
  });

  it('is the mean of the log-ratios in float64, at least 0', () => {
    expect(klBaseline(Float32Array.of(-1, -2, -6), Float32Array.of(-2, -4, -4))).toBeCloseTo(1 / 3, 14);
    expect(klBaseline(Float32Array.of(-3, -3), Float32Array.of(-2, -3.5))).toBe(0);
  });
});

describe('ktoObjective', () => {
  it.each<[string, KtoLossOptions]>([
    ['kto', settings],
    ['weighted', { beta: 0.3, desirableWeight: 0.5, undesirableWeight: 1.5 }],
    ['apo_zero_unpaired', settings],
  ])('is PyTorch’s: loss, log-probabilities, gradients and ten steps (%s)', async (variant, options) => {
    const model = await goldenModel('kto');
    const batchOf = (some: readonly ResponseRow[]) => responseBatch(some, model.config.padTokenId, 12);
    const { padded, inputs } = batchOf(rows);
    const { batchSize: batch, length } = padded;
    const program = compileTraining(model, ktoObjective(options), { batch, length });
    program.feed({
      ...inputs,
      refLogProbs: goldenFloats(golden, 'ref_logps'),
      desirable: Float32Array.from(goldenIntegers(golden, 'desirable')),
      shares: new Float32Array(rows.length).fill(1 / rows.length),
      baseline: Float32Array.of(0),
    });
    const baselines: number[] = [];
    const other = batchOf(mismatched);
    const forward = new ForwardPrograms(model, responseLogProbs).of({
      batch: other.padded.batchSize,
      length: other.padded.length,
    });
    forward.feed(other.inputs);
    // The baseline is that of the weights of each step.
    const feedBaseline = async () => {
      await forward.run();
      const logProbs = forward.outputs.logProbs.floats;
      baselines.push(klBaseline(logProbs, goldenFloats(golden, 'ref_mismatched_logps')));
      program.feed({ baseline: Float32Array.of(baselines.at(-1)!) });
    };
    const actual = await tenSteps(program, model, variant === 'apo_zero_unpaired' ? undefined : feedBaseline);
    if (baselines.length > 0)
      expectClose(baselines.slice(0, 1), goldenFloats(golden, 'kl'), { rtol: 1e-5, name: 'baseline' });
    const wanted = withPrefix(golden, `${variant}.`);
    expect(Object.keys(actual).sort()).toEqual([...wanted.keys()].sort());
    for (const [name, expected] of wanted) {
      const rtol = name.startsWith('final.') ? 1e-4 : 1e-5;
      expectClose(actual[name], expected, { rtol, name });
    }
  });
});

describe('ktoLoss', () => {
  const shares = [0.2, 0.3, 0.1, 0.4];
  const labels = [1, 0, 1, 0];
  const column = (data: readonly number[]) => ({ shape: [data.length, 1], data });
  const options = { beta: 0.3, desirableWeight: 0.7, undesirableWeight: 1.3 };
  const build = (values: Record<string, unknown>) => ktoLoss(values as unknown as KtoTerms, options);
  const inputsOf = (ratios: readonly number[], baseline: number) => ({
    ratios: column(ratios),
    desirable: column(labels),
    shares: column(shares),
    baseline: column([baseline]),
  });

  it.each([0, 2.5])('is the float64 formula, with the baseline %d', (baseline) => {
    for (const size of [1, 10, 1000]) {
      const ratios = Array.from(testValues(4, 3), (x) => size * x);
      const responses = ratios.map((ratio, i) => ({ ratio, desirable: labels[i] === 1, share: shares[i] }));
      const { loss } = runGraph((_, values) => ({ loss: build(values) }), inputsOf(ratios, baseline));
      expectClose(loss, [ktoReference(responses, baseline, options)], { rtol: 1e-5, name: `size ${size}` });
    }
  });

  it('has the gradient of its finite differences', () => {
    checkGradient({
      name: 'ktoLoss',
      inputs: inputsOf([1.5, -0.4, 3, 0.2], 0.8),
      build: (_, values) => build(values),
    });
  });
});
