import { parseModelConfig } from '../config/parse-model-config';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config';
import { warnOfFields } from './config-fields';

const llama = {
  model_type: 'llama',
  vocab_size: 10,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 32,
};

function warningsOf(fields: Record<string, unknown>): string[] {
  const warnings: string[] = [];
  warnOfFields(fields, 'config.json', (message) => warnings.push(message));
  return warnings;
}

// Each expectation is `AutoConfig.from_pretrained(...).rope_parameters` of transformers 5.23.
describe('rotary fields that disagree', () => {
  it.each<[string, Record<string, unknown>, unknown, number]>([
    ['theta in rope_parameters', { rope_parameters: { rope_theta: 7000 }, rope_theta: 5000 }, null, 7000],
    [
      'theta beside rope_parameters',
      { rope_parameters: { rope_type: 'linear', factor: 2 }, rope_theta: 3000 },
      { type: 'linear', factor: 2 },
      3000,
    ],
    [
      'both fields',
      {
        rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 7000 },
        rope_scaling: { type: 'linear', factor: 4 },
        rope_theta: 3000,
      },
      { type: 'linear', factor: 4 },
      3000,
    ],
    [
      'both names of the type',
      { rope_scaling: { type: 'linear', rope_type: 'dynamic', factor: 4 } },
      { type: 'dynamic', factor: 4 },
      10000,
    ],
    ['a factor without a type', { rope_scaling: { factor: 2 } }, null, 10000],
    [
      'an empty rope_scaling',
      { rope_scaling: {}, rope_parameters: { rope_type: 'linear', factor: 2 } },
      { type: 'linear', factor: 2 },
      10000,
    ],
  ])('follows transformers: %s', (_, fields, scaling, theta) => {
    const config = parseModelConfig({ ...llama, ...fields }, 'config.json');
    expect([config.ropeScaling, config.ropeTheta]).toEqual([scaling, theta]);
    const written = JSON.parse(JSON.stringify(toHuggingFaceConfig(config)));
    const again = parseModelConfig(written, 'config.json');
    expect([again.ropeScaling, again.ropeTheta]).toEqual([scaling, theta]);
  });
});

describe('warnOfFields', () => {
  it('names both fields, and the one that is followed', () => {
    expect(warningsOf({ dtype: 'float16', torch_dtype: 'bfloat16' })).toEqual([
      'config.json: "dtype" is "float16" and "torch_dtype" is "bfloat16"; "dtype" is followed, as transformers does',
    ]);
    expect(warningsOf({ n_positions: 64, n_ctx: 32 })).toEqual([
      expect.stringContaining('"n_positions" is followed'),
    ]);
    const rope = {
      rope_scaling: { type: 'linear', factor: 4 },
      rope_parameters: { rope_type: 'linear', factor: 2 },
    };
    expect(warningsOf(rope)).toEqual([expect.stringContaining('"rope_scaling" is followed')]);
  });

  it('is silent where they agree, or one is missing', () => {
    const same = {
      rope_scaling: { type: 'linear', factor: 2 },
      rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 1e4 },
    };
    for (const fields of [
      same,
      { dtype: 'float16', torch_dtype: 'float16' },
      { rope_scaling: null, rope_parameters: {} },
      {},
    ])
      expect(warningsOf(fields)).toEqual([]);
  });
});
