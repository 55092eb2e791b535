import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ggufTokenizer } from '@open-chatgpt/tokenizer';
import { parseModelConfig } from '../../config/parse-model-config';
import type { ModelFiles } from '../../huggingface/model-files';
import { openModel } from '../../huggingface/open-model';
import { blockValues } from '../../weights/weight-blocks';
import { elementCount } from '../../weights/weight-source';
import { isTransposed } from '../restore-layout';
import { chooseEncoding } from './choose-encoding';
import { configMetadata } from './config-metadata';
import { exportGguf } from './export-gguf';
import { MetadataWriter } from './metadata-writer';

const golden = join(__dirname, '../../../golden');

const tokens = ['<s>', '<e>', '<p>', ...'abcdefgh'];
const tokenizer = ggufTokenizer({
  where: 'spec',
  number: (key) => ({ 'tokenizer.ggml.eos_token_id': 1, 'tokenizer.ggml.padding_token_id': 2 })[key],
  boolean: () => undefined,
  string: (key) =>
    ({ 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'smollm', 'tokenizer.chat_template': 'chat' })[
      key
    ],
  numbers: () => tokens.map((token) => (token.length > 1 ? 3 : 1)),
  strings: (key) => (key === 'tokenizer.ggml.merges' ? ['a b'].slice(1) : tokens),
});

async function weightsOf({ weights }: ModelFiles): Promise<Record<string, Float32Array>> {
  const read: Record<string, Float32Array> = {};
  for (const { name, shape } of weights.tensors()) {
    read[name] = new Float32Array(elementCount(shape));
    await weights.read(name, read[name]);
  }
  return read;
}

describe('exportGguf', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gguf-'));
    file = join(folder, 'model.gguf');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each(['llama-gqa-tied', 'qwen2', 'gpt2'])('has the numbers of %s in blocks', async (name) => {
    const source = { ...(await openModel(join(golden, name))), tokenizer };
    await exportGguf(source, name, file, { name: 'mine', format: 'Q8_0' });
    const { config, weights, close } = await openModel(file);
    let found = 0;
    for (const { name: one, shape, dtype } of weights.tensors()) {
      const values = new Float32Array(elementCount(shape));
      await weights.read(one, values);
      const blocks = await weights.readBlocks!(one);
      expect([one, blocks !== null]).toEqual([one, dtype === 'Q8_0']);
      if (!blocks) continue;
      const unpacked = new Float32Array(values.length);
      blockValues(blocks, unpacked);
      // GPT-2's matrices are [in, out] in transformers, and blocks are [out, in].
      const [rows, columns] = shape;
      const inputMajor = isTransposed(one, config);
      const expected = inputMajor
        ? values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)])
        : values;
      expect([one, unpacked]).toEqual([one, expected]);
      found++;
    }
    expect(found).toBeGreaterThan(1);
    await close();
    await source.close();
  });

  it.each([
    ['llama-gqa-tied', 'llama'],
    ['llama-untied-rope-llama3', 'llama'],
    ['mistral', 'llama'],
    ['qwen2', 'qwen2'],
    ['qwen3', 'qwen3'],
    ['gpt2', 'gpt2'],
  ])('writes %s with every weight, number and token', async (name, family) => {
    const source = { ...(await openModel(join(golden, name))), tokenizer };
    const scaled = source.config.ropeScaling;
    // LLaMA 3's published parameters, which the reader assumes.
    if (scaled?.type === 'llama3') {
      source.config.ropeTheta = 500000;
      Object.assign(scaled, { lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 8192 });
    }
    let last = [0, 1];
    await exportGguf(source, name, file, {
      name: 'mine',
      format: 'F32',
      onProgress: (...done) => {
        last = done;
      },
    });
    expect(last[0]).toBe(last[1]);
    const opened = await openModel(file);
    const { source: _, bosTokenId: _bos, eosTokenIds: _eos, padTokenId: _pad, ...config } = source.config;
    expect(opened.config).toMatchObject({ ...config, family });
    expect(await weightsOf(opened)).toEqual(await weightsOf(source));
    expect(opened.tokenizer?.tokenizerConfig).toMatchObject({
      chat_template: 'chat',
      eos_token: '<e>',
      pad_token: '<p>',
    });
    await Promise.all([opened.close(), source.close()]);
  });

  it('writes nothing of a model that GGUF cannot carry, and says what', async () => {
    const opt = { ...(await openModel(join(golden, 'opt'))), tokenizer };
    await expect(exportGguf(opt, 'opt', file, { name: 'x', format: 'F16' })).rejects.toThrow(
      /opt: GGUF cannot carry this model: llama.cpp has no opt; it has llama, mistral, qwen2, qwen3, gpt2/,
    );
    const reward = { ...(await openModel(join(golden, 'reward-head'))), tokenizer };
    await expect(exportGguf(reward, 'scorer', file, { name: 'x', format: 'F16' })).rejects.toThrow(
      /scorer: GGUF cannot carry a reward model/,
    );
    const bare = await openModel(join(golden, 'qwen2'));
    await expect(exportGguf(bare, 'bare', file, { name: 'x', format: 'F16' })).rejects.toThrow(
      /no tokenizer.json/,
    );
    await Promise.all([opt.close(), reward.close(), bare.close()]);
    expect(existsSync(file)).toBe(false);
  });

  it('refuses weights that fp16 cannot hold, and leaves no file', async () => {
    const source = await openModel(join(golden, 'qwen2'));
    const weights = {
      ...source.weights,
      read: async (_: string, target: Float32Array) => void target.fill(1e5),
    };
    const large = { ...source, weights, tokenizer };
    await expect(exportGguf(large, 'large', file, { name: 'x', format: 'F16' })).rejects.toThrow(
      /has the value 100000, too large for fp16; use bf16 or fp32/,
    );
    await source.close();
    expect(existsSync(file)).toBe(false);
  });
});

it.each([0, 1, 2, 3, 4, 5, 6, 7])(
  'metadata longer than the first buffer are complete, shifted by %d bytes',
  (shift) => {
    const writer = new MetadataWriter();
    writer.bytes(new Uint8Array(shift));
    const count = 300_000;
    for (let i = 0; i < count; i++) writer.u64(i);
    const bytes = Buffer.from(writer.finish());
    expect(bytes.length).toBe(shift + 8 * count);
    for (let i = 0; i < count; i += 1)
      if (bytes.readUInt32LE(shift + 8 * i) !== i) throw new Error(`value ${i} is lost`);
  },
);

describe('configMetadata', () => {
  const llama = {
    model_type: 'llama',
    vocab_size: 8,
    hidden_size: 16,
    intermediate_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 8192,
  };
  const parse = (change: object) => parseModelConfig({ ...llama, ...change }, 'config.json');

  it.each<[string, object, RegExp]>([
    ['dynamic RoPE', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, /RoPE scaling is "dynamic"/],
    ['another activation', { hidden_act: 'gelu' }, /its activation is gelu, and llama.cpp computes silu/],
    [
      'YaRN with its own settings',
      {
        rope_scaling: { rope_type: 'yarn', factor: 2, original_max_position_embeddings: 4096, beta_fast: 16 },
      },
      /YaRN scaling has settings besides/,
    ],
    ['biases of qwen3', { model_type: 'qwen3', attention_bias: true }, /no biases on the attention of qwen3/],
  ])('refuses %s', (_, change, message) => {
    expect(() => configMetadata(parse(change), 'm')).toThrow(message);
  });

  it('ends the context where a sliding window would begin to move', () => {
    const { entries, warnings } = configMetadata(parse({ model_type: 'mistral', sliding_window: 4096 }), 'm');
    expect(entries).toContainEqual({ key: 'llama.context_length', type: 'u32', value: 4096 });
    expect(warnings).toEqual([
      expect.stringMatching(/no sliding window of attention \(4096 tokens\).*instead of 8192/),
    ]);
  });
});

// What llama.cpp's quantizer logs for Q4_K_M of a model with 32 layers.
it.each([
  ['token_embd.weight', [32000, 4096], false, 'Q4_K'],
  ['token_embd.weight', [32000, 4096], true, 'Q6_K'],
  ['token_embd.weight', [32000, 576], true, 'Q8_0'],
  ['output.weight', [32000, 4096], false, 'Q6_K'],
  ['output_norm.weight', [4096], false, 'F32'],
  ['blk.0.attn_q.weight', [4096, 4096], false, 'Q4_K'],
  ['blk.0.attn_q.weight', [576, 576], false, 'Q5_0'],
  ['blk.0.attn_q.weight', [40, 40], false, 'F16'],
  ['blk.0.attn_v.weight', [1024, 4096], false, 'Q6_K'],
  ['blk.4.attn_v.weight', [1024, 4096], false, 'Q4_K'],
  ['blk.6.ffn_down.weight', [4096, 11008], false, 'Q6_K'],
  ['blk.7.ffn_down.weight', [4096, 11008], false, 'Q4_K'],
  ['blk.28.ffn_down.weight', [4096, 11008], false, 'Q6_K'],
  ['blk.6.attn_v.weight', [192, 576], false, 'Q8_0'],
])('%s %j, tied %s: %s', (name, shape, tied, encoding) => {
  expect(chooseEncoding(name, shape, { format: 'Q4_K_M', layers: 32, tied, eightBits: false })).toBe(
    encoding,
  );
});

it.each([
  ['blk.0.attn_q.weight', [576, 576], false, 'Q4_1'],
  ['blk.0.attn_v.weight', [192, 576], true, 'Q8_0'],
  ['blk.0.attn_q.weight', [40, 40], false, 'F16'],
  ['output_norm.weight', [576], false, 'F32'],
])('%s %j in 4 bits, eight of them kept %s: %s', (name, shape, eightBits, encoding) => {
  expect(chooseEncoding(name, shape, { format: 'Q4_1', layers: 32, tied: true, eightBits })).toBe(encoding);
});
