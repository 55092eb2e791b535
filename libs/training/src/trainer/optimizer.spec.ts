import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdamW, clipCoefficient, GradientNorm, ParameterStore } from '@open-chatgpt/runtime';
import { expectClose } from '@open-chatgpt/testing';
import { TrainingDiverged } from './errors';
import { Optimizer } from './optimizer';

/** tools/golden/numerics.json, worked out by PyTorch in float64. */
const cases: { name: string; inputs: never; expected: never }[] = JSON.parse(
  readFileSync(join(__dirname, '../../../../tools/golden/numerics.json'), 'utf8'),
);
const example = <I, E>(wanted: string) =>
  cases.find(({ name }) => name === wanted) as unknown as { inputs: I; expected: E };

const CONFIG = {
  learningRate: 0.1,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
  lrSchedulerType: 'linear',
} as const;

/** Trained parameters with these gradients and all weights 1. */
function storeWith(gradients: readonly number[][]): ParameterStore {
  const store = new ParameterStore(
    gradients.map((values, i) => ({ name: `p${i}`, shape: [1, values.length], trainable: true })),
  );
  gradients.forEach((values, i) => {
    store.get(`p${i}`).data.fill(1);
    store.gradient(`p${i}`).floats.set(values);
  });
  return store;
}

describe('the worked examples of tools/golden/numerics.json', () => {
  it('adamw', async () => {
    type Inputs = Record<'parameter' | 'lr' | 'beta1' | 'beta2' | 'epsilon' | 'weightDecay', number>;
    const { inputs, expected } = example<Inputs & { gradients: number[] }, { parameters: number[] }>('adamw');
    const store = storeWith([[0]]);
    store.get('p0').data[0] = inputs.parameter;
    const { beta1: adamBeta1, beta2: adamBeta2, epsilon: adamEpsilon, weightDecay } = inputs;
    const adamW = new AdamW(store, { adamBeta1, adamBeta2, adamEpsilon, weightDecay });
    const found: number[] = [];
    for (const gradient of inputs.gradients) {
      store.gradient('p0').floats[0] = gradient;
      await adamW.step({ learningRate: inputs.lr });
      found.push(store.get('p0').data[0]);
    }
    expect(found).toHaveLength(3);
    found.forEach((value, i) => {
      // Three roundings to float32 of a number near 1.
      expect(Math.abs(value - expected.parameters[i])).toBeLessThan(2e-7);
    });
  });

  it('clip-global-norm', async () => {
    type Expected = { norm: number; coefficient: number; clipped: number[] };
    const { inputs, expected } = example<{ gradients: number[][]; maxNorm: number }, Expected>(
      'clip-global-norm',
    );
    const store = storeWith(inputs.gradients);
    expect(await new GradientNorm(store).compute()).toBe(expected.norm);
    expect(clipCoefficient(expected.norm, inputs.maxNorm)).toBeCloseTo(expected.coefficient, 15);
    // The first moment after one step is (1 − β₁) times the gradient that was used.
    const optimizer = new Optimizer(store, { ...CONFIG, maxGradNorm: inputs.maxNorm }, 1);
    const { gradNorm } = await optimizer.update(0);
    expect(gradNorm).toBe(expected.norm);
    const used = firstMoments(optimizer).map((moment) => moment / (1 - 0.9));
    expectClose(used, expected.clipped, { rtol: 1e-6, name: 'clipped gradients' });
  });
});

/** Of all parameters, in order. */
const firstMoments = ({ adamW }: Optimizer): number[] =>
  adamW.moments.flatMap(({ first }) => first.tensors.flatMap(({ floats }) => [...floats]));

describe('Optimizer', () => {
  it('clips nothing below the norm, and never with maxGradNorm 0', async () => {
    for (const maxGradNorm of [20, 0]) {
      const optimizer = new Optimizer(storeWith([[3, 4], [12]]), { ...CONFIG, maxGradNorm }, 1);
      await optimizer.update(0);
      const used = firstMoments(optimizer).map((moment) => moment / (1 - 0.9));
      expectClose(used, [3, 4, 12], { rtol: 1e-6, name: `gradients with maxGradNorm ${maxGradNorm}` });
    }
  });

  it('follows the schedule', async () => {
    const optimizer = new Optimizer(storeWith([[1]]), CONFIG, 4);
    const rates: number[] = [];
    for (let step = 0; step < 4; step++) rates.push((await optimizer.update(0)).learningRate);
    expectClose(rates, [0.1, 0.075, 0.05, 0.025], { rtol: 1e-12, name: 'learning rates' });
    expect(optimizer.stepCount).toBe(4);
  });

  it.each([
    ['the loss is NaN', Number.NaN, [[3, 4], [12]]],
    ['the loss is infinite', Number.POSITIVE_INFINITY, [[3, 4], [12]]],
    ['one gradient is NaN', 1, [[3, 4], [Number.NaN]]],
    ['one gradient is infinite', 1, [[Number.NEGATIVE_INFINITY, 4], [12]]],
    ['their squares overflow', 1, [[1e30, 4], [12]]],
  ])('throws before weights or moments change when %s', async (_, loss, gradients) => {
    const store = storeWith(gradients);
    const optimizer = new Optimizer(store, CONFIG, 4);
    const failure = await optimizer.update(loss).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrainingDiverged);
    expect((failure as Error).message).toMatch(/diverged at step 1: .*Lower learningRate/);
    expect(store.all.flatMap(({ data }) => [...data])).toEqual([1, 1, 1]);
    expect(firstMoments(optimizer)).toEqual([0, 0, 0]);
    expect(optimizer.stepCount).toBe(0);
  });
});
