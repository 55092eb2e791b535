import type { LoraConfig, Model } from '@open-chatgpt/models';
import { expectClose } from '@open-chatgpt/testing';
import { tinyModel } from '../../testing/tiny-model';
import { firstPass, sampleExperience } from './first-pass.fixture';
import { ResponseForward, responseLogProbs, responseValues } from './response-forward';

const TEMPERATURE = 0.7;
const LORA: LoraConfig = {
  r: 2,
  loraAlpha: 4,
  loraDropout: 0,
  targetModules: ['q_proj', 'v_proj', 'up_proj'],
};
const FORWARD = { batchSize: 3, maxLength: 48, padTokenId: 0 };

const models: [string, () => Model][] = [
  ['every weight trained', () => tinyModel()],
  ['LoRA', () => tinyModel({ lora: LORA })],
];

describe.each(models)('log-probabilities with %s', (_, load) => {
  it('of the sampler are those of the learner: nothing to clip on the first pass', async () => {
    const model = load();
    const experience = await sampleExperience(model, TEMPERATURE);
    const { ratioKl, clipFraction, policyLoss } = await firstPass(model, experience, TEMPERATURE);
    expect(ratioKl).toBeLessThan(1e-10);
    expect(clipFraction).toBe(0);
    // With ratios of 1 the loss is the mean of −A.
    const advantages = experience.flatMap((row) => [...row.advantages]);
    const mean = advantages.reduce((sum, one) => sum + one, 0) / advantages.length;
    expect(policyLoss).toBeCloseTo(-mean, 5);
    const forward = new ResponseForward(model, responseLogProbs(TEMPERATURE), FORWARD);
    const again = await forward.compute(experience);
    for (const [row, { logProbs }] of experience.entries())
      expectClose(again[row], logProbs, { rtol: 1e-5, name: `row ${row}` });
  });

  it('differ at another temperature, which the same figures show', async () => {
    const model = load();
    const { ratioKl, clipFraction } = await firstPass(model, await sampleExperience(model, TEMPERATURE), 1);
    expect(ratioKl).toBeGreaterThan(1e-3);
    expect(clipFraction).toBeGreaterThan(0);
  });
});

describe('padding', () => {
  const rows = [
    { prompt: [1, 7, 9, 4], response: [3, 8, 2] },
    { prompt: [5], response: [6] },
    { prompt: Array.from({ length: 20 }, (_, i) => 3 + i), response: [30, 31, 32, 33, 34, 35, 36, 37, 38] },
  ];
  const graphs = [
    ['log-probabilities', responseLogProbs(TEMPERATURE), false],
    ['values', responseValues, true],
  ] as const;

  it.each(graphs)('never changes the %s of a row', async (_, build, scalarHead) => {
    const model = tinyModel({ lora: LORA, scalarHead });
    const compute = (padTokenId: number | null, maxLength: number) =>
      new ResponseForward(model, build, { batchSize: 3, maxLength, padTokenId });
    const together = await compute(0, 48).compute(rows);
    for (const [index, row] of rows.entries()) {
      const [tight] = await compute(0, row.prompt.length + row.response.length).compute([row]);
      expect(together[index]).toHaveLength(row.response.length);
      expectClose(together[index], tight, { rtol: 1e-5, name: `row ${index} without padding` });
    }
    const otherwise = await compute(39, 48).compute(rows);
    expect(otherwise).toEqual(together);
    const backwards = await compute(0, 48).compute(rows.toReversed());
    expect(backwards.toReversed()).toEqual(together);
  });
});
