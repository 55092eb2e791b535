import { unappliedFields } from './unapplied-fields';

describe('unappliedFields', () => {
  it('is silent about fields that are applied, neutral, or of no effect on the tokens', () => {
    const config = {
      temperature: 0.6,
      top_k: 20,
      top_p: 0.95,
      min_p: null,
      repetition_penalty: 1.05,
      do_sample: true,
      eos_token_id: [1, 2],
      num_beams: 1,
      typical_p: 1.0,
      no_repeat_ngram_size: 0,
      bad_words_ids: null,
      suppress_tokens: [],
      max_length: 4096,
      transformers_version: '4.51.0',
      _from_model_config: true,
    };
    expect(unappliedFields(config)).toEqual([]);
    expect(unappliedFields(null)).toEqual([]);
  });

  it.each([
    ['no_repeat_ngram_size', 3],
    ['num_beams', 4],
    ['suppress_tokens', [1, 2]],
    ['bad_words_ids', [[7]]],
    ['typical_p', 0.9],
    ['forced_eos_token_id', 2],
    ['min_new_tokens', 5],
    ['sequence_bias', { a: 1 }],
  ])('names %s, which transformers applies', (name, value) => {
    expect(unappliedFields({ [name]: value })).toEqual([
      `generation_config.json: "${name}" is ${JSON.stringify(value)}, which transformers applies and this program does not`,
    ]);
  });

  it.each([
    ['temperature', '0.7'],
    ['top_k', [50]],
    ['top_p', true],
  ])('names %s when it is no number', (name, value) => {
    expect(unappliedFields({ [name]: value })).toEqual([
      `generation_config.json: "${name}" is ${JSON.stringify(value)}; expected a number, so it is not applied`,
    ]);
  });
});
