import { parseConfig } from '../../fields/parse';
import { ktoConfigSchema } from './config';

const parse = (fields: object) =>
  parseConfig(ktoConfigSchema, { dataset: { path: 'answers.jsonl' }, ...fields }, 'kto');

describe('the settings of KTO', () => {
  it('have the defaults of TRL for what the loss is made of', () => {
    expect(parse({})).toMatchObject({
      beta: 0.1,
      lossType: 'kto',
      desirableWeight: 1,
      undesirableWeight: 1,
      learningRate: 1e-6,
    });
  });

  it.each([
    [{ beta: 0 }, /beta/],
    [{ lossType: 'bco' }, /lossType.*kto.*apo_zero_unpaired/],
    [{ desirableWeight: -1 }, /desirableWeight/],
    [{ desirableWeight: 0, undesirableWeight: 0 }, /desirableWeight: expected more than 0/],
    [
      { perDeviceTrainBatchSize: 1 },
      /perDeviceTrainBatchSize: expected 2 or more with lossType kto.*found 1/,
    ],
    [{ precomputeRefLogProbs: true }, /precomputeRefLogProbs/],
    [{ dataset: undefined }, /dataset/],
  ])('refuse %j', (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
  });

  it('take one answer at a time without the baseline', () => {
    const config = parse({ lossType: 'apo_zero_unpaired', perDeviceTrainBatchSize: 1, undesirableWeight: 0 });
    expect(config).toMatchObject({ perDeviceTrainBatchSize: 1, undesirableWeight: 0 });
  });
});
