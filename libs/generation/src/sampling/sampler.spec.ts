import { createRng } from '@open-chatgpt/random';
import { withSamplingDefaults } from '../options/sampling-defaults';
import { softmax } from './penalties';
import { headKindFor, Sampler, type SamplingContext } from './sampler';

const LOGITS = Float32Array.of(2, -1, 0.5, 1, -3);

function choice(
  change: Partial<SamplingContext> & { options?: Parameters<typeof withSamplingDefaults>[0] } = {},
): SamplingContext {
  const { options = {}, ...rest } = change;
  const soFar = {
    seen: [],
    counts: new Map<number, number>(),
    suppressed: [],
    constraint: null,
    topLogProbs: 0,
  };
  return { sampling: withSamplingDefaults(options), ...soFar, rng: createRng(5), ...rest };
}

function probabilities(temperature = 1, logits: Float32Array = LOGITS): Float32Array {
  const result = Float64Array.from(logits);
  softmax(result, temperature);
  return Float32Array.from(result);
}

/** Frequency of each token in 20,000 samples. */
function frequencies(given: SamplingContext): number[] {
  const sampler = new Sampler(LOGITS.length);
  const counts = new Array<number>(LOGITS.length).fill(0);
  const draws = 20_000;
  for (let i = 0; i < draws; i++) {
    counts[sampler.sample(probabilities(given.sampling.temperature), LOGITS, given)] += 1 / draws;
  }
  return counts;
}

function expectNear(actual: number[], expected: ArrayLike<number>): void {
  // Four standard deviations of a fraction of 20,000 are at most 0.0142.
  actual.forEach((value, token) => {
    expect(Math.abs(value - expected[token])).toBeLessThan(0.0142);
  });
}

describe('Sampler', () => {
  it('samples tokens in proportion to their probability', () => {
    expectNear(frequencies(choice()), probabilities());
  });

  it('samples from the filtered tokens, in proportion', () => {
    const [a, , , b] = probabilities();
    expectNear(frequencies(choice({ options: { topK: 2 } })), [a / (a + b), 0, 0, b / (a + b), 0]);
  });

  it('never samples a suppressed token, and the others in proportion', () => {
    const p = probabilities();
    const expected = p.map((value, token) => (token === 0 ? 0 : value / (1 - p[0])));
    expectNear(frequencies(choice({ suppressed: [0] })), expected);
  });

  it('penalizes repetition: positive logits are divided, negative ones multiplied', () => {
    const options = { repetitionPenalty: 2, temperature: 0.5 };
    const expected = probabilities(0.5, Float32Array.of(1, -2, 0.5, 1, -3));
    expectNear(frequencies(choice({ options, seen: [0, 1] })), expected);
  });

  it('penalizes presence once and frequency for each occurrence', () => {
    const options = { frequencyPenalty: 0.5, presencePenalty: 0.25 };
    const expected = probabilities(1, Float32Array.of(2 - 2 * 0.5 - 0.25, -1, 0.5, 1 - 0.5 - 0.25, -3));
    const counts = new Map([
      [0, 2],
      [3, 1],
    ]);
    expectNear(frequencies(choice({ options, counts })), expected);
  });

  it('adds the bias to a logit', () => {
    const options = {
      logitBias: new Map([
        [1, 3],
        [0, -100],
      ]),
    };
    expectNear(frequencies(choice({ options })), probabilities(1, Float32Array.of(-98, 2, 0.5, 1, -3)));
  });

  it('samples only tokens that a constraint allows, in proportion, even where their probabilities round to 0', () => {
    // Tokens 1 and 3.
    const constraint = { allowed: () => Uint32Array.of(0b1010), accept: () => false };
    const [, a, , b] = probabilities();
    expectNear(frequencies(choice({ constraint })), [0, a / (a + b), 0, b / (a + b), 0]);
    const sampler = new Sampler(LOGITS.length);
    const far = Float32Array.of(300, -1, 0, 0, 0);
    const [first, second] = [true, false].map((doSample) =>
      sampler.sample(probabilities(1, far), far, choice({ constraint, options: { doSample } })),
    );
    expect([1, 3]).toContain(first);
    expect(second).toBe(3);
  });

  it('selects the most probable token without sampling, after penalties and suppression', () => {
    const sampler = new Sampler(LOGITS.length);
    const greedy = (change: Partial<SamplingContext>, repetitionPenalty = 1) =>
      sampler.sample(probabilities(), LOGITS, {
        ...choice({ options: { doSample: false, repetitionPenalty } }),
        ...change,
      });
    expect(greedy({})).toBe(0);
    expect(greedy({ suppressed: [0] })).toBe(3);
    expect(greedy({ seen: [0] }, 3)).toBe(3);
  });

  it('returns −1 for NaN in every mode', () => {
    const nan = new Float32Array(5).fill(Number.NaN);
    const sampler = new Sampler(5);
    for (const options of [{}, { topK: 2 }, { topP: 0.5 }, { doSample: false }, { repetitionPenalty: 2 }]) {
      expect(sampler.sample(nan.slice(), nan, choice({ options }))).toBe(-1);
    }
  });
});

describe('headKindFor', () => {
  const greedy = choice({ options: { doSample: false } });

  it.each([
    ['greedy rows', [greedy, greedy], 'greedy'],
    ['a sampled row among them', [greedy, choice()], 'probabilities'],
    ['a suppressed token', [choice({ options: { doSample: false }, suppressed: [2] })], 'probabilities'],
    [
      'a constraint',
      [
        choice({
          options: { doSample: false },
          constraint: { allowed: () => new Uint32Array(1), accept: () => false },
        }),
      ],
      'probabilities',
    ],
    ['a penalty', [choice({ options: { doSample: false, repetitionPenalty: 1.2 } })], 'probabilities'],
    ['the most probable tokens', [choice({ options: { doSample: false }, topLogProbs: 2 })], 'probabilities'],
  ] as const)('is the cheapest head for %s', (_, choices, kind) => {
    expect(headKindFor(choices)).toBe(kind);
  });
});
