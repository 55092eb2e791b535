import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dpoLoss, ipoLoss } from '../algorithms/dpo/dpo-reference.fixture';
import { policyLoss } from '../algorithms/ppo/policy-loss.fixture';
import { valueLoss } from '../algorithms/ppo/value-loss.fixture';
import { learningRateFactor } from '../schedule/learning-rate';
import { generalizedAdvantages } from './gae';
import { tokenKl } from './kl';
import { createKlController } from './kl-controller';
import { pairwiseLoss } from './pairwise-loss';
import { shapeRewards } from './reward-shaping';
import { whiten } from './whiten';

/** tools/golden/numerics.json: all values computed by PyTorch in float64. */
type Values = Record<string, never>;
const cases: { name: string; inputs: Values; expected: Record<string, number | number[]> }[] = JSON.parse(
  readFileSync(join(__dirname, '../../../../tools/golden/numerics.json'), 'utf8'),
);

const adaptive = ({ beta, target, horizon, kl, n }: Values) => {
  const options = { klCoef: beta, adaptiveKl: true, klTarget: target, klHorizon: horizon };
  const controller = createKlController(options);
  controller.update(kl, n);
  return { beta: controller.value };
};
const value = ({ clip, ...inputs }: Values) =>
  valueLoss({ ...(inputs as never as Values), cliprangeValue: clip } as never).loss;
const pairs = (i: Values) =>
  [
    { chosen: i.policyChosen, rejected: i.policyRejected },
    { chosen: i.refChosen, rejected: i.refRejected },
  ] as const;

/** Computes the cases whose name starts with the key. */
const answers: Record<string, (inputs: Values) => Record<string, unknown>> = {
  whiten: ({ x, ...options }) => ({ valid: whiten(x, options as never).subarray(0, 3) }),
  gae: ({ rewards, values, ...options }) => ({ ...generalizedAdvantages(rewards, values, options as never) }),
  'kl-reward-gae': ({ rewards, values, ...options }) => ({
    ...generalizedAdvantages(rewards, values, options as never),
  }),
  'kl-reward': ({ logps, refLogps, beta, score }) => ({
    rewards: shapeRewards({ logprobs: logps, refLogprobs: refLogps, score, klCoef: beta, klEstimator: 'k1' })
      .rewards,
  }),
  'policy-loss': ({ logps, oldLogps, advantages, clip }) => {
    const { perToken, loss } = policyLoss({
      logprobs: logps,
      oldLogprobs: oldLogps,
      advantages,
      cliprange: clip,
    });
    return { perToken, mean: loss };
  },
  'value-loss': (inputs) => ({ loss: value(inputs), unclipped: value({ ...inputs, clip: 1e9 as never }) }),
  'kl-estimators': ({ p, q }) => {
    const logs = (values: number[]) => values.map(Math.log);
    const [k1, k2, k3] = (['k1', 'k2', 'k3'] as const).map((estimator) =>
      tokenKl(estimator, logs(p), logs(q)),
    );
    const mean = (kl: Float64Array) => kl.reduce((sum, estimate, i) => sum + p[i] * estimate, 0);
    return { k1, k2, k3, meanK1: mean(k1), meanK2: mean(k2), meanK3: mean(k3), kl: mean(k1) };
  },
  'adaptive-kl': adaptive,
  ranking: ({ chosen, rejected, margin }) => ({ loss: pairwiseLoss(chosen, rejected, margin) }),
  preference: (i) => ({
    dpo: dpoLoss(...pairs(i), i.beta, i.labelSmoothing),
    ipo: ipoLoss(...pairs(i), i.beta),
  }),
  'cosine-warmup': ({ warmupSteps, totalSteps, steps }) => {
    const factor = learningRateFactor({ lrSchedulerType: 'cosine', totalSteps, warmupSteps });
    return { factors: (steps as number[]).map(factor) };
  },
};

/** Cases that the specs of graphs and of experience check. */
const elsewhere = ['lora', 'adamw', 'clip-global-norm', 'advantages'];

const keyOf = (name: string) =>
  Object.keys(answers)
    .filter((key) => name === key || name.startsWith(`${key}-`))
    .sort((a, b) => b.length - a.length)[0];

describe('the worked examples of tools/golden/numerics.json', () => {
  it.each(cases.filter(({ name }) => !elsewhere.some((one) => name.startsWith(one))))(
    '$name',
    ({ name, inputs, expected }) => {
      const actual = answers[keyOf(name)](inputs);
      for (const [field, want] of Object.entries(expected)) {
        const got = actual[field];
        expect([name, field, typeof got]).toEqual([name, field, typeof want]);
        const numbers = (result: unknown) =>
          typeof result === 'number' ? [result] : Array.from(result as number[]);
        expect(numbers(got)).toHaveLength(numbers(want).length);
        for (const [i, number] of numbers(want).entries()) {
          expect(Math.abs(numbers(got)[i] - number)).toBeLessThanOrEqual(
            1e-12 * Math.max(1, Math.abs(number)),
          );
        }
      }
    },
  );

  it('use every answer', () => {
    const used = new Set(cases.map(({ name }) => keyOf(name)));
    expect(Object.keys(answers).filter((key) => !used.has(key))).toEqual([]);
  });
});
