import { parsePpoConfig } from './config';

const grpo = { advantageEstimator: 'grpo', numGenerations: 8 };

describe('the settings of the estimators of advantages', () => {
  it.each([
    ['gae', true],
    ['grpo', false],
    ['rloo', false],
    ['reinforce_plus_plus', true],
    ['reinforce_plus_plus_baseline', true],
  ])('whiten the advantages of %s by default: %s', (advantageEstimator, whitenAdvantages) => {
    const config = parsePpoConfig({ advantageEstimator, numGenerations: 2 });
    expect(config).toMatchObject({ advantageEstimator, whitenAdvantages });
    const set = { advantageEstimator, numGenerations: 2, whitenAdvantages: !whitenAdvantages };
    expect(parsePpoConfig(set)).toMatchObject(set);
  });

  it('are those of PPO by default', () => {
    expect(parsePpoConfig({})).toMatchObject({ advantageEstimator: 'gae', numGenerations: 1 });
  });

  it('are accepted again once they are complete', () => {
    const complete = parsePpoConfig(grpo);
    expect(parsePpoConfig(complete)).toEqual(complete);
  });

  it.each([
    [{ advantageEstimator: 'vtrace' }, /advantageEstimator.*gae.*grpo.*rloo/],
    [
      { advantageEstimator: 'rloo' },
      /numGenerations: expected at least 2 with advantageEstimator rloo.*found 1/,
    ],
    [{ numGenerations: 7 }, /numGenerations: expected a divisor of rolloutBatchSize \(64\); found 7/],
    [{ ...grpo, whitenRewards: true }, /whitenRewards: expected false with advantageEstimator grpo/],
    [{ ...grpo, gamma: 0.9 }, /gamma: expected 1 with advantageEstimator grpo.*found 0\.9/],
    [{ ...grpo, criticWarmup: 2 }, /criticWarmup: expected 0.*has no value model; found 2/],
    [
      { importanceSamplingLevel: 'sequence' },
      /importanceSamplingLevel: expected token with advantageEstimator gae/,
    ],
    [
      { ...grpo, importanceSamplingLevel: 'sequence', lossType: 'cispo' },
      /importanceSamplingLevel: expected token with lossType cispo/,
    ],
    [{ dualClip: 3, lossType: 'cispo' }, /dualClip: expected null with lossType cispo.*found 3/],
    [{ dualClip: 1 }, /dualClip/],
    [{ cliprangeHigh: 0 }, /cliprangeHigh/],
    [{ lossType: 'bnpo' }, /lossType.*dapo.*grpo.*dr_grpo.*cispo/],
    [{ scaleRewards: false }, /scaleRewards: expected true with advantageEstimator gae/],
  ])('refuse %j', (fields, message) => {
    expect(() => parsePpoConfig(fields)).toThrow(message);
  });
});
