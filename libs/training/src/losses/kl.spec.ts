import { expectNumbers } from './expect-numbers.fixture';
import { generalizedAdvantages } from './gae';
import { estimateKl, tokenKl } from './kl';
import { createKlController } from './kl-controller';
import { adjustScore, shapeRewards } from './reward-shaping';

describe('KL estimators', () => {
  it.each([
    ['k1', 0.5108256],
    ['k2', 0.7339459],
    ['k3', 0.5108256],
  ] as const)('%s: expectation over P=[.5,.5] against Q=[.9,.1]', (estimator, expected) => {
    const kl = tokenKl(estimator, [Math.log(0.5), Math.log(0.5)], [Math.log(0.9), Math.log(0.1)]);
    expect(0.5 * kl[0] + 0.5 * kl[1]).toBeCloseTo(expected, 7);
  });

  it('k3 is accurate near 0 and never negative', () => {
    expect(estimateKl('k3', -1, -1 - 1e-9)).toBeGreaterThanOrEqual(0);
    expect(estimateKl('k3', -1 + 1e-6, -1)).toBeCloseTo(5e-13, 15);
  });
});

describe('rewards with KL', () => {
  const sample = { logprobs: [-1, -2, -0.5], refLogprobs: [-1.2, -1.5, -0.7], score: 2, klCoef: 0.1 };

  it('include the score at the last token', () => {
    const { rewards, kl } = shapeRewards({ ...sample, klEstimator: 'k1' });
    expectNumbers(rewards, [-0.02, 0.05, 1.98]);
    expect(kl).toBeCloseTo(-0.1, 10);
    const { advantages } = generalizedAdvantages(rewards, [0.5, 0.6, 0.7], { gamma: 1, lam: 0.95 });
    expectNumbers(advantages, [1.3777, 1.366, 1.28]);
  });

  it('refuse an empty response', () => {
    const empty = { ...sample, logprobs: [], refLogprobs: [], klEstimator: 'k1' as const };
    expect(() => shapeRewards(empty)).toThrow(/the response is empty; drop the sample/);
  });

  it.each([
    ['a score within bounds', 2, true, {}, 2],
    ['a score above them', 9, true, {}, 5],
    ['a score below them', -9, true, {}, -5],
    ['no bounds', 9, true, { rewardClip: null }, 9],
    ['a missing end', 9, false, {}, 4],
    ['a missing end with a fixed score', 9, false, { missingEosScore: -1 }, -1],
    ['a fixed score that does not apply', 2, true, { missingEosScore: -1 }, 2],
  ])('follow the rules for %s', (_, score, endsWithEos, rules, expected) => {
    const all = { rewardClip: 5, missingEosPenalty: 1, missingEosScore: null, ...rules };
    expect(adjustScore(score, endsWithEos, all)).toBe(expected);
  });
});

describe('the KL controller', () => {
  const options = { klCoef: 0.2, adaptiveKl: true, klTarget: 6, klHorizon: 10_000 };

  it.each([
    [12, 0.201024],
    [6.6, 0.200512],
    [3, 0.198976],
    [6, 0.2],
  ])('moves β at KL %d to %d', (kl, expected) => {
    const controller = createKlController(options);
    controller.update(kl, 256);
    expect(controller.value).toBeCloseTo(expected, 9);
    expect(createKlController(options, controller.state()).value).toBe(controller.value);
  });

  it('is constant when fixed', () => {
    const controller = createKlController({ ...options, adaptiveKl: false });
    controller.update(1000, 256);
    expect(controller.value).toBe(0.2);
  });

  it('rejects a KL that is NaN', () => {
    expect(() => createKlController(options).update(Number.NaN, 1)).toThrow(
      /expected a finite KL; found NaN/,
    );
  });
});
