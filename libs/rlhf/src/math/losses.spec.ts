import { dpoLoss, explainedVariance, ipoLoss, pairwiseLoss, pairwiseMetrics, policyLoss, valueLoss } from '.';
import { expectNumbers } from './expect-numbers';
import { goldenPairwise, goldenPolicyLoss, goldenValueLoss } from './golden-losses';

describe('policy loss', () => {
  it('takes the worse of the free and the clipped term', () => {
    const { loss, perToken, clipFraction } = policyLoss(goldenPolicyLoss);
    expectNumbers(perToken, goldenPolicyLoss.perToken, 6);
    expect(loss).toBeCloseTo(goldenPolicyLoss.loss, 7);
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
    expect(valueLoss(goldenValueLoss).loss).toBeCloseTo(goldenValueLoss.loss, 7);
    expect(valueLoss({ ...goldenValueLoss, cliprangeValue: 10 }).loss).toBeCloseTo(
      goldenValueLoss.unclippedLoss,
      7,
    );
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
  it.each(goldenPairwise)(
    'of $chosen against $rejected, margin $margin',
    ({ chosen, rejected, margin, loss }) => {
      expect(pairwiseLoss(chosen, rejected, margin)).toBeCloseTo(loss, 7);
    },
  );

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

describe('DPO', () => {
  const policy = { chosen: -10, rejected: -14 };
  const reference = { chosen: -11, rejected: -13 };

  it('loss, label smoothing and IPO', () => {
    expect(dpoLoss(policy, reference, 0.1)).toBeCloseTo(0.5981389, 7);
    expect(dpoLoss(policy, reference, 0.1, 0.1)).toBeCloseTo(0.6181389, 7);
    expect(ipoLoss(policy, reference, 0.1)).toBeCloseTo(9, 12);
  });
});
