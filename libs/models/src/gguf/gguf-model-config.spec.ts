import type { TensorInfo } from '../weights/weight-source';
import { ggufEndTokens } from './end-tokens';
import type { GgufFile } from './gguf-file';
import { ggufModelConfig } from './gguf-model-config';
import { llama3Scaling } from './llama3-scaling';
import { GgufMetadata, type GgufValue } from './metadata';

const llama: Record<string, GgufValue> = {
  'general.architecture': 'llama',
  'llama.block_count': 2,
  'llama.context_length': 64,
  'llama.embedding_length': 16,
  'llama.feed_forward_length': 24,
  'llama.attention.head_count': 4,
  'llama.attention.head_count_kv': 2,
  'llama.rope.freq_base': 5e5,
  'llama.rope.dimension_count': 4,
  'llama.attention.layer_norm_rms_epsilon': 1e-5,
  'tokenizer.ggml.bos_token_id': 1,
  'tokenizer.ggml.eos_token_id': 2,
};
const metadata = (values: Record<string, GgufValue>) =>
  new GgufMetadata(new Map(Object.entries(values)), 'm.gguf');
const renamed = (architecture: string) =>
  Object.fromEntries(
    Object.entries({ ...llama, 'general.architecture': architecture }).map(([key, value]) => [
      key.replace(/^llama\./, `${architecture}.`),
      value,
    ]),
  );
const tensors = (...names: string[]): TensorInfo[] =>
  ['token_embd.weight', ...names].map((name) => ({ name, shape: [32, 16], dtype: 'F32' }));

describe('ggufModelConfig', () => {
  it('reads LLaMA', () => {
    expect(ggufModelConfig(metadata(llama), tensors())).toMatchObject({
      family: 'llama',
      vocabSize: 32,
      hiddenSize: 16,
      intermediateSize: 24,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 2,
      headDim: 4,
      maxPositionEmbeddings: 64,
      normEps: 1e-5,
      ropeTheta: 5e5,
      ropeScaling: null,
      tieWordEmbeddings: true,
      attentionBias: false,
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: null,
      source: { model_type: 'llama' },
    });
  });

  it('detects untied embeddings, biases, explicit heads and scaling', () => {
    expect(ggufModelConfig(metadata(llama), tensors('output.weight')).tieWordEmbeddings).toBe(false);
    expect(ggufModelConfig(metadata(renamed('qwen2')), tensors()).attentionBias).toBe(true);
    const qwen3 = { ...renamed('qwen3'), 'qwen3.attention.key_length': 8, 'qwen3.rope.dimension_count': 8 };
    expect(ggufModelConfig(metadata(qwen3), tensors())).toMatchObject({ family: 'qwen3', headDim: 8 });
    const yarn = {
      ...llama,
      'llama.rope.scaling.type': 'yarn',
      'llama.rope.scaling.factor': 4,
      'llama.rope.scaling.original_context_length': 16,
    };
    expect(ggufModelConfig(metadata(yarn), tensors()).ropeScaling).toMatchObject({
      type: 'yarn',
      factor: 4,
      originalMaxPositionEmbeddings: 16,
    });
  });

  it.each<[string, Record<string, GgufValue>, unknown]>([
    ['the key of 2023', { 'llama.rope.scale_linear': 4 }, { type: 'linear', factor: 4 }],
    ['a factor without a type', { 'llama.rope.scaling.factor': 2 }, { type: 'linear', factor: 2 }],
    [
      'both keys',
      { 'llama.rope.scaling.factor': 2, 'llama.rope.scale_linear': 4 },
      { type: 'linear', factor: 2 },
    ],
    ['no scaling', { 'llama.rope.scaling.type': 'none', 'llama.rope.scale_linear': 4 }, null],
    ['a type without a factor', { 'llama.rope.scaling.type': 'linear' }, null],
  ])('scales rotary positions as llama.cpp does: %s', (_, values, expected) => {
    expect(ggufModelConfig(metadata({ ...llama, ...values }), tensors()).ropeScaling).toEqual(expected);
  });

  it('reads the metadata of YaRN', () => {
    const yarn = {
      ...llama,
      'llama.rope.scaling.type': 'yarn',
      'llama.rope.scaling.factor': 4,
      'llama.rope.scaling.original_context_length': 16,
      'llama.rope.scaling.attn_factor': 1.2,
      'llama.rope.scaling.yarn_beta_fast': 30,
      'llama.rope.scaling.yarn_beta_slow': 2,
    };
    expect(ggufModelConfig(metadata(yarn), tensors()).ropeScaling).toMatchObject({
      attentionFactor: 1.2 * (0.1 * Math.log(4) + 1),
      betaFast: 30,
      betaSlow: 2,
    });
  });

  it('ends answers where llama.cpp does', () => {
    const values = {
      'tokenizer.ggml.tokens': ['a', '<|endoftext|>', '<|im_end|>', 'b', '<|eot_id|>'],
      'tokenizer.ggml.eos_token_id': 3,
      'tokenizer.ggml.eot_token_id': 2,
    };
    expect(ggufEndTokens(metadata(values))).toEqual([1, 2, 3, 4]);
    expect(ggufEndTokens(metadata({}))).toEqual([]);
  });

  it('reads GPT-2', () => {
    const gpt2 = {
      'general.architecture': 'gpt2',
      'gpt2.block_count': 2,
      'gpt2.context_length': 64,
      'gpt2.embedding_length': 16,
      'gpt2.feed_forward_length': 64,
      'gpt2.attention.head_count': 4,
      'gpt2.attention.layer_norm_epsilon': 1e-5,
    };
    expect(ggufModelConfig(metadata(gpt2), tensors('output.weight'))).toMatchObject({
      family: 'gpt2',
      maxPositionEmbeddings: 64,
      intermediateSize: 64,
      tieWordEmbeddings: true,
    });
  });

  it.each<[string, Record<string, GgufValue>, RegExp]>([
    ['no architecture', {}, /"general.architecture" is missing/],
    [
      'another architecture',
      { ...llama, 'general.architecture': 'gemma' },
      /"gemma" is not supported; supported: llama/,
    ],
    ['experts', { ...llama, 'llama.expert_count': 8 }, /mixture-of-experts/],
    ['partial rotation', { ...llama, 'llama.rope.dimension_count': 2 }, /partial_rotary_factor.*only 1/],
    ['heads that differ by layer', { ...llama, 'llama.attention.head_count_kv': [2, 4] }, /is not a number/],
    ['unknown scaling', { ...llama, 'llama.rope.scaling.type': 'longrope' }, /RoPE type "longrope"/],
  ])('refuses %s', (_, values, message) => {
    expect(() => ggufModelConfig(metadata(values), tensors())).toThrow(message);
    expect(() => ggufModelConfig(metadata(values), tensors())).toThrow(/^m\.gguf: /);
  });
});

describe('llama3Scaling', () => {
  // The values of convert_hf_to_gguf.py for Llama-3.2-1B: θ 500000, factor 32, heads of 64.
  const values: Record<string, GgufValue> = {
    ...llama,
    'llama.embedding_length': 256,
    'llama.rope.dimension_count': 64,
  };
  const factors = Array.from({ length: 32 }, (_, i) => {
    const wavelength = 2 * Math.PI * 500000 ** (i / 32);
    if (wavelength < 8192 / 4) return 1;
    if (wavelength > 8192) return 32;
    const smooth = (8192 / wavelength - 1) / 3;
    return 1 / ((1 - smooth) / 32 + smooth);
  });
  const file = (stored: number[]): GgufFile => ({
    metadata: metadata(values),
    tensors: () => [...tensors(), { name: 'rope_freqs.weight', shape: [stored.length], dtype: 'F32' }],
    read: async (_, target) => target.set(stored),
    readBlocks: async () => null,
    readPart: async (_, target, from) => target.set(stored.slice(from, from + target.length)),
    close: async () => {},
  });

  it('recovers the factor from its effect on the tensor', async () => {
    expect(await llama3Scaling(file(factors))).toMatchObject({ rope_type: 'llama3', factor: 32 });
  });

  it('refuses factors of other parameters', async () => {
    await expect(llama3Scaling(file(factors.map((factor) => Math.sqrt(factor))))).rejects.toThrow(
      /differently from LLaMA 3/,
    );
  });

  it.each([
    ['another number of factors', values, factors.slice(1)],
    ['a million factors', values, Array(1_000_000).fill(1)],
    [
      'heads of a billion dimensions, without a list of their frequencies',
      { ...values, 'llama.attention.key_length': 1e9, 'llama.rope.dimension_count': 1e9 },
      factors,
    ],
  ])('refuses %s', async (_, changed, stored) => {
    await expect(llama3Scaling({ ...file(stored), metadata: metadata(changed) })).rejects.toThrow(
      /^m\.gguf: tensor "rope_freqs\.weight" has \d+ factors, heads of \d+ dimensions need \d+/,
    );
  });

  it('is null without the tensor', async () => {
    expect(await llama3Scaling({ ...file(factors), tensors: () => tensors() })).toBeNull();
  });
});
