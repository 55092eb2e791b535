import { DEFAULT_SAMPLING, samplingFor, withSamplingDefaults } from './sampling-defaults';

const config = {
  do_sample: false,
  temperature: 0.6,
  top_k: 40,
  top_p: 0.9,
  min_p: 0.1,
  repetition_penalty: 1.2,
};

describe('samplingFor', () => {
  it('prefers the request, then generation_config.json, then the defaults', () => {
    expect(withSamplingDefaults(samplingFor({}, null))).toEqual(DEFAULT_SAMPLING);
    expect(withSamplingDefaults(samplingFor({}, config))).toEqual({
      ...DEFAULT_SAMPLING,
      temperature: 0.6,
      topK: 40,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.2,
    });
    const requested = { temperature: 1.5, topK: 5, topP: 0.5, minP: 0, repetitionPenalty: 1 };
    expect(withSamplingDefaults(samplingFor(requested, config))).toEqual({
      ...DEFAULT_SAMPLING,
      ...requested,
    });
  });

  it.each([
    [{ temperature: 0 }, null],
    [{}, { temperature: 0 }],
  ])('selects the most probable token at temperature 0: %j, %j', (requested, generationConfig) => {
    const sampling = withSamplingDefaults(samplingFor(requested, generationConfig));
    expect(sampling).toEqual({ ...DEFAULT_SAMPLING, doSample: false });
  });

  it('keeps penalties at temperature 0', () => {
    const logitBias = new Map([[3, -1]]);
    expect(samplingFor({ temperature: 0, presencePenalty: 1, logitBias }, config)).toMatchObject({
      doSample: false,
      repetitionPenalty: 1.2,
      presencePenalty: 1,
      logitBias,
    });
  });

  it('accepts the values by which other programs disable a filter', () => {
    expect(samplingFor({}, { top_k: -1, top_p: 0 })).toMatchObject({ topK: 0, topP: 1e-9 });
  });

  it('ignores entries of generation_config.json that are not numbers', () => {
    expect(withSamplingDefaults(samplingFor({}, { temperature: '0.1', top_k: null }))).toEqual(
      DEFAULT_SAMPLING,
    );
  });
});
