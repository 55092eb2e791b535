import { policyLoss } from '../algorithms/ppo/policy-loss.fixture';
import { valueLoss } from '../algorithms/ppo/value-loss.fixture';
import { expectNumbers } from './expect-numbers.fixture';
import { explainedVariance } from './explained-variance';
import { pairwiseLoss, pairwiseMetrics } from './pairwise-loss';

const policy = {
  oldLogprobs: [-1, -1, -1, -1],
  logprobs: [-0.7, -1.4, -0.7, -1.4],
  advantages: [1, 1, -1, -1],
};
const value = { values: [1, 0.5, 0.9], oldValues: [0.5, 0.5, 0.5], returns: [1, 1, 0] };

describe('policy loss', () => {
  it('takes the worse of the free and the clipped term', () => {
    const { loss, perToken, clipFraction } = policyLoss({ ...policy, cliprange: 0.2 });
    expectNumbers(perToken, [-1.2, -0.67032, 1.349859, 0.8], 6);
    expect(loss).toBeCloseTo(0.0698847, 7);
    expect(clipFraction).toBe(0.5);
  });

  it('without a change is −mean(A), unclipped, with no KL; masked tokens do not count', () => {
    const logprobs = [-1, -2, -3];
    const options = {
      logprobs,
      oldLogprobs: logprobs,
      advantages: [1, 2, 99],
      cliprange: 0.2,
      mask: [1, 1, 0],
    };
    expect(policyLoss(options)).toMatchObject({ loss: -1.5, clipFraction: 0, approxKl: 0 });
  });

  it('measures the KL from the old to the new policy', () => {
    const options = { logprobs: [-1.1], oldLogprobs: [-1], advantages: [0], cliprange: 0.2 };
    expect(policyLoss(options).approxKl).toBeCloseTo(Math.exp(-0.1) - 1 + 0.1, 12);
  });
});

describe('value loss', () => {
  it('takes the larger error', () => {
    expect(valueLoss({ ...value, cliprangeValue: 0.2 }).loss).toBeCloseTo(0.1916667, 7);
    expect(valueLoss({ ...value, cliprangeValue: 10 }).loss).toBeCloseTo(0.1766667, 7);
  });

  it.each([
    ['perfect', [1, 2, 3], 1],
    ['constant', [2, 2, 2], 0],
    ['shifted', [11, 12, 13], 1],
    ['worse than constant', [3, 2, 1], -3],
  ])('explained variance: %s', (_, values, expected) => {
    expect(explainedVariance(values, [1, 2, 3])).toBeCloseTo(expected, 12);
  });

  it('explained variance of constant returns is no number', () => {
    expect(explainedVariance([1, 2], [3, 3])).toBeNaN();
  });
});

describe('pairwise loss', () => {
  it.each([
    [1, 0, 0, 0.3132617],
    [0, 1, 0, 1.3132617],
    [1, 0, 0.5, 0.474077],
    [-60, 40, 0, 100],
  ])('of %d against %d, margin %d', (chosen, rejected, margin, loss) => {
    expect(pairwiseLoss(chosen, rejected, margin)).toBeCloseTo(loss, 7);
  });

  it('of a tie is least where the scores are equal', () => {
    expect(pairwiseLoss(0, 0, 0, 0.5)).toBeCloseTo(Math.LN2, 12);
    expect(pairwiseLoss(1, 0, 0, 0.5)).toBeCloseTo((0.3132617 + 1.3132617) / 2, 7);
  });

  it('metrics leave ties out of accuracy and margin', () => {
    const metrics = pairwiseMetrics([2, 0, 1, 9], [1, 1, 1, 0], { weights: [1, 1, 1, 0.5] });
    expect(metrics.accuracy).toBe(0.5);
    expect(metrics.margin).toBe(0);
    expect(pairwiseMetrics([1], [0], { weights: [0.5] }).accuracy).toBeNaN();
  });

  it('refuses labels of another length', () => {
    expect(() => pairwiseMetrics([1], [0], { weights: [1, 1] })).toThrow(/weights 2/);
  });
});
