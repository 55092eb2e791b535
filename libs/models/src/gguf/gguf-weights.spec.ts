import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModelConfig } from '../config/parse-model-config';
import type { TensorInfo, WeightSource } from '../weights/weight-source';
import { ggufWeights } from './gguf-weights';
import { huggingFaceName } from './tensor-names';

interface Golden {
  names: Record<'llama' | 'qwen2' | 'qwen3' | 'gpt2', Record<string, string>>;
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'names.json'), 'utf8'));

/** A source whose tensors count up from 0. */
function counting(tensors: Omit<TensorInfo, 'dtype'>[]): WeightSource {
  return {
    tensors: () => tensors.map((tensor) => ({ ...tensor, dtype: 'F32' })),
    read: async (_, target) =>
      target.forEach((_, i) => {
        target[i] = i;
      }),
    close: async () => {},
  };
}

const decoder = (model_type: string) =>
  parseModelConfig(
    {
      model_type,
      vocab_size: 3,
      hidden_size: 8,
      intermediate_size: 4,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      head_dim: 4,
      tie_word_embeddings: true,
    },
    'model.gguf',
  );
const gpt2 = parseModelConfig(
  { model_type: 'gpt2', vocab_size: 3, n_embd: 2, n_layer: 1, n_head: 1, n_positions: 4 },
  'model.gguf',
);

test.each(['llama', 'qwen2', 'qwen3', 'gpt2'] as const)(
  '%s tensors have the names of transformers',
  (family) => {
    const pairs = Object.entries(golden.names[family]);
    expect(pairs.map(([name]) => [name, huggingFaceName(family, name)])).toEqual(pairs);
  },
);

describe('the layout of transformers', () => {
  const stored = [
    { name: 'blk.0.attn_q.weight', shape: [8, 1] },
    { name: 'blk.0.attn_q.bias', shape: [8] },
    { name: 'blk.0.attn_v.weight', shape: [8, 1] },
  ];

  it('deinterleaves the halves of LLaMA heads, in queries and keys only', async () => {
    const weights = ggufWeights(counting(stored), decoder('llama'), 'model.gguf');
    const target = new Float32Array(8);
    for (const name of ['q_proj.weight', 'q_proj.bias']) {
      await weights.read(`model.layers.0.self_attn.${name}`, target);
      expect([...target]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    }
    await weights.read('model.layers.0.self_attn.v_proj.weight', target);
    expect([...target]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('does not change Qwen heads', async () => {
    const weights = ggufWeights(counting(stored), decoder('qwen2'), 'model.gguf');
    const target = new Float32Array(8);
    await weights.read('model.layers.0.self_attn.q_proj.weight', target);
    expect([...target]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('transposes the linear weights of GPT-2', async () => {
    const tensors = [{ name: 'blk.0.attn_qkv.weight', shape: [6, 2] }];
    const weights = ggufWeights(counting(tensors), gpt2, 'model.gguf');
    expect(weights.tensors()[0]).toMatchObject({ name: 'transformer.h.0.attn.c_attn.weight', shape: [2, 6] });
    const target = new Float32Array(12);
    await weights.read('transformer.h.0.attn.c_attn.weight', target);
    expect([...target]).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  });
});

it('drops the factors of RoPE and the copy of tied embeddings, and refuses unknown tensors', () => {
  const extras = ['rope_freqs.weight', 'output.weight'].map((name) => ({ name, shape: [2] }));
  expect(ggufWeights(counting(extras), gpt2, 'model.gguf').tensors()).toEqual([]);
  const unknown = counting([{ name: 'blk.0.attn_sinks.weight', shape: [2] }]);
  expect(() => ggufWeights(unknown, decoder('llama'), 'model.gguf')).toThrow(
    /"blk.0.attn_sinks.weight" is unknown/,
  );
});
