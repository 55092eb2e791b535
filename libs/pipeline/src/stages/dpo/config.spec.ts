import { parseConfig } from '../../fields/parse';
import { dpoConfigSchema } from './config';

const parse = (fields: object) =>
  parseConfig(dpoConfigSchema, { dataset: { path: 'pairs.jsonl' }, ...fields }, 'dpo');

describe('the settings of DPO', () => {
  it('have the defaults of TRL for what the loss is made of', () => {
    expect(parse({})).toMatchObject({
      beta: 0.1,
      lossType: 'sigmoid',
      labelSmoothing: 0,
      rpoAlpha: null,
      simpoGamma: 0.5,
      precomputeRefLogProbs: false,
      learningRate: 1e-6,
    });
  });

  it.each([
    [{ beta: 0 }, /beta/],
    [{ lossType: 'kto' }, /lossType.*sigmoid.*hinge.*ipo/],
    [{ rpoAlpha: -1 }, /rpoAlpha/],
    [
      { lossType: 'orpo', precomputeRefLogProbs: true },
      /precomputeRefLogProbs: expected false with lossType orpo/,
    ],
    [{ labelSmoothing: 0.5 }, /labelSmoothing.*0\.5/],
    [{ labelSmoothing: -0.1 }, /labelSmoothing.*-0\.1/],
    [{ lossType: 'ipo', labelSmoothing: 0.1 }, /labelSmoothing: expected 0 with lossType ipo, .*found 0\.1/],
    [{ lossType: 'hinge', labelSmoothing: 0.1 }, /labelSmoothing: expected 0 with lossType hinge/],
    [{ labelsmoothing: 0.1 }, /labelSmoothing/],
    [{ dataset: undefined }, /dataset/],
  ])('refuse %j', (fields, message) => {
    expect(() => parse(fields)).toThrow(message);
  });

  it.each(['sigmoid', 'sigmoid_norm', 'robust', 'cpo'])('smooth the labels of %s', (lossType) => {
    expect(parse({ lossType, labelSmoothing: 0.49 })).toMatchObject({ labelSmoothing: 0.49 });
  });
});
