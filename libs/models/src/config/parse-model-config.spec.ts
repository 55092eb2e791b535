import { parseModelConfig } from './parse-model-config';
import { toHuggingFaceConfig } from './to-hugging-face-config';

const decoder = {
  model_type: 'llama',
  vocab_size: 32000,
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
};
const gpt2 = {
  model_type: 'gpt2',
  vocab_size: 50257,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  n_positions: 1024,
};
const opt = {
  model_type: 'opt',
  vocab_size: 50272,
  hidden_size: 768,
  ffn_dim: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
};
const parse = (json: unknown) => parseModelConfig(json, 'config.json');

describe('parseModelConfig', () => {
  it('reads LLaMA 1 of the first conversions, with defaults for omitted fields', () => {
    expect(parse({ ...decoder, pad_token_id: -1, rms_norm_eps: 1e-6 })).toMatchObject({
      family: 'llama',
      numKeyValueHeads: 32,
      headDim: 128,
      maxPositionEmbeddings: 2048,
      ropeTheta: 10000,
      ropeScaling: null,
      tieWordEmbeddings: false,
      attentionBias: false,
      hiddenAct: 'silu',
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: null,
    });
  });

  it('reads LLaMA 3.1: several end tokens and llama3 scaling', () => {
    const config = parse({
      ...decoder,
      num_key_value_heads: 8,
      rope_theta: 500000,
      eos_token_id: [128001, 128008, 128009],
      max_position_embeddings: 131072,
      rope_scaling: {
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
        rope_type: 'llama3',
      },
    });
    expect(config).toMatchObject({ numKeyValueHeads: 8, eosTokenIds: [128001, 128008, 128009] });
    expect(config.ropeScaling).toEqual({
      type: 'llama3',
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
  });

  it('reads the older spelling of the scaling type', () => {
    const { ropeScaling } = parse({ ...decoder, rope_scaling: { type: 'linear', factor: 2 } });
    expect(ropeScaling).toEqual({ type: 'linear', factor: 2 });
  });

  it('reads the biases, norms and windows of related families', () => {
    expect(parse({ ...decoder, model_type: 'qwen2' })).toMatchObject({
      attentionBias: true,
      attentionOutBias: false,
      slidingWindow: null,
    });
    expect(parse({ ...decoder, model_type: 'qwen3' })).toMatchObject({ headDim: 128, attentionBias: false });
    expect(parse({ ...decoder, model_type: 'mistral' }).slidingWindow).toBe(4096);
    expect(parse({ ...decoder, model_type: 'mistral', sliding_window: null }).slidingWindow).toBeNull();
    const windowed = { sliding_window: 512, use_sliding_window: true, max_window_layers: 0 };
    expect(parse({ ...decoder, model_type: 'qwen2', ...windowed }).slidingWindow).toBe(512);
    expect(
      parse({ ...decoder, model_type: 'qwen2', ...windowed, max_window_layers: 32 }).slidingWindow,
    ).toBeNull();
  });

  it('reads GPT-2 and OPT', () => {
    expect(parse(gpt2)).toMatchObject({
      hiddenSize: 768,
      intermediateSize: 3072,
      headDim: 64,
      tieWordEmbeddings: true,
      hiddenAct: 'gelu_new',
      eosTokenIds: [50256],
    });
    expect(parse({ ...opt, enable_bias: false })).toMatchObject({
      intermediateSize: 3072,
      maxPositionEmbeddings: 2048,
      mlpBias: false,
      hiddenAct: 'relu',
      padTokenId: 1,
      doLayerNormBefore: true,
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /expected object/],
    ['no model_type', {}, /field "model_type".*the field is missing/],
    [
      'mixture of experts',
      { ...decoder, model_type: 'mixtral' },
      /"mixtral" is not supported; supported: llama,/,
    ],
    ['missing width', { ...decoder, hidden_size: undefined }, /field "hidden_size".*missing/],
    ['text for a number', { ...decoder, vocab_size: '32000' }, /field "vocab_size".*found "32000"/],
    ['no layers', { ...decoder, num_hidden_layers: 0 }, /field "num_hidden_layers".*found 0/],
    ['two wrong fields', { ...decoder, vocab_size: -1, hidden_size: 1.5 }, /vocab_size.*; .*hidden_size/],
    ['odd head', { ...decoder, head_dim: 63 }, /field "head_dim".*63/],
    [
      'heads that do not divide',
      { ...decoder, num_key_value_heads: 5 },
      /num_key_value_heads.*5 does not divide/,
    ],
    [
      'unknown activation',
      { ...decoder, hidden_act: 'mish' },
      /activation "mish" is not supported; supported: silu/,
    ],
    ['inherited name as activation', { ...decoder, hidden_act: 'toString' }, /"toString" is not supported/],
    ['partial rotation', { ...decoder, partial_rotary_factor: 0.5 }, /partial_rotary_factor.*only 1/],
    ['unknown RoPE', { ...decoder, rope_scaling: { type: 'longrope', factor: 2 } }, /RoPE type "longrope"/],
    ['RoPE without a factor', { ...decoder, rope_scaling: { type: 'linear' } }, /field "factor".*missing/],
    ['quantized', { ...decoder, quantization_config: { bits: 4 } }, /quantization_config.*GPTQ/],
    [
      'window on some layers',
      { ...decoder, model_type: 'qwen2', sliding_window: 8, use_sliding_window: true, max_window_layers: 28 },
      /28 of 32 layers/,
    ],
    ['heads that do not divide GPT-2', { ...gpt2, n_head: 7 }, /n_head.*7 does not divide/],
    ['unscaled attention', { ...gpt2, scale_attn_weights: false }, /scale_attn_weights.*only true/],
    ['OPT of another width', { ...opt, word_embed_proj_dim: 512 }, /word_embed_proj_dim.*512.*opt-350m/],
    ['OPT without its last norm', { ...opt, _remove_final_layer_norm: true }, /_remove_final_layer_norm/],
  ])('refuses %s', (_, json, message) => {
    expect(() => parse(json)).toThrow(message);
    expect(() => parse(json)).toThrow(/^config\.json: /);
  });
});

describe('toHuggingFaceConfig', () => {
  it.each([
    ['llama', { ...decoder, attention_bias: true, eos_token_id: [2, 3], head_dim: 64 }],
    ['linear', { ...decoder, rope_scaling: { rope_type: 'linear', factor: 2 } }],
    ['new spelling', { ...decoder, rope_parameters: { rope_type: 'dynamic', factor: 2, rope_theta: 5e5 } }],
    ['yarn', { ...decoder, rope_scaling: { rope_type: 'yarn', factor: 2, mscale: 1, truncate: false } }],
    ['mistral', { ...decoder, model_type: 'mistral', sliding_window: 9 }],
    [
      'qwen2',
      { ...decoder, model_type: 'qwen2', sliding_window: 8, use_sliding_window: true, max_window_layers: 0 },
    ],
    ['qwen3', { ...decoder, model_type: 'qwen3' }],
    ['gpt2', { ...gpt2, n_inner: 100 }],
    ['opt', { ...opt, enable_bias: false, do_layer_norm_before: false }],
  ])('writes a configuration that parses to the same: %s', (_, json) => {
    const config = parse(json);
    const again = parse(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))));
    expect({ ...again, source: null }).toEqual({ ...config, source: null });
  });

  it('keeps unknown fields and writes changed ones', () => {
    const config = parse({ ...decoder, architectures: ['LlamaForCausalLM'], my_note: { kept: true } });
    const written = toHuggingFaceConfig({ ...config, vocabSize: 32001, padTokenId: 32000 });
    expect(written).toMatchObject({
      my_note: { kept: true },
      vocab_size: 32001,
      pad_token_id: 32000,
      eos_token_id: 2,
    });
  });
});
