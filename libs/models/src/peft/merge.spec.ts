import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expectClose, goldenFloats, goldenIntegers, readGolden } from '@open-chatgpt/testing';
import type { ModelFiles } from '../huggingface/model-files';
import { openModel } from '../huggingface/open-model';
import { loadWeights } from '../model/load-weights';
import { allocateModel } from '../model/model';
import { forwardLogits } from '../testing/forward-logits';
import { GOLDEN } from '../testing/golden-model';
import { mergedModel } from './merge';
import { type AdapterFiles, openAdapter } from './open-adapter';

/** Adapters that PEFT saved, and the logits that it computes with them, unmerged (tools/golden/adapters.py). */
const FOLDER = join(GOLDEN, 'adapters');
const golden = readGolden(FOLDER);
const cases = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'bases')
  .map(({ name }) => name);

async function merged(name: string, base?: string): Promise<ModelFiles> {
  const adapter = await openAdapter(join(FOLDER, name));
  const files = await openModel(join(FOLDER, 'bases', base ?? (adapter.baseModel as string)));
  return {
    ...mergedModel(files, adapter, name),
    close: async () => {
      await adapter.close();
      await files.close();
    },
  };
}

async function logitsOf(files: ModelFiles): Promise<Float32Array> {
  const model = allocateModel(files.config);
  await loadWeights(model.trained, files.weights);
  await files.close();
  const inputIds = BigInt64Array.from(goldenIntegers(golden, 'input_ids'), BigInt);
  const [batch, length] = golden.get('input_ids')!.shape;
  return forwardLogits(model, { inputIds }, { batch, length });
}

describe('mergedModel', () => {
  it.each(cases)('gives the logits of PEFT: %s', async (name) => {
    const files = await merged(name);
    const logits = await logitsOf(files);
    expectClose(logits, goldenFloats(golden, name), { rtol: 2e-5, name });
  });

  it.each([
    ['tied-head', false],
    ['lora-on-tied-head', false],
    ['tied-embeddings', false],
    ['tied-both', true],
    ['tied-token-rows', true],
  ])('ties the head of %s: %s', async (name, tied) => {
    const files = await merged(name);
    await files.close();
    expect(files.config.tieWordEmbeddings).toBe(tied);
    expect(files.weights.tensors().some((tensor) => tensor.name === 'lm_head.weight')).toBe(!tied);
  });

  /** An adapter with one tensor more, or another one, than that of the case. */
  async function changed(
    name: string,
    change: Record<string, number[]>,
    settings: Record<string, unknown> = {},
  ): Promise<AdapterFiles> {
    const adapter = await openAdapter(join(FOLDER, name));
    const others = adapter.weights.tensors().filter((tensor) => !(tensor.name in change));
    const added = Object.entries(change).map(([tensor, shape]) => ({ name: tensor, shape, dtype: 'F32' }));
    const read = async (tensor: string, target: Float32Array) => {
      if (tensor in change) target.fill(0.5);
      else await adapter.weights.read(tensor, target);
    };
    return {
      ...adapter,
      ...settings,
      weights: { ...adapter.weights, tensors: () => [...others, ...added], read },
    };
  }

  it.each<[string, string, Record<string, number[]>, RegExp]>([
    [
      'a reward head',
      'head',
      { 'score.weight': [1, 16] },
      /adapter of a reward model or a classifier \(it has score\.weight\)/,
    ],
    [
      'a module of another model',
      'head',
      { 'h.0.attn.weight': [16, 16] },
      /"h\.0\.attn\.weight" matches no weight of the base/,
    ],
    [
      'a layer too many',
      'head',
      { 'model.layers.9.self_attn.q_proj.lora_A.weight': [3, 16] },
      /matches no layer of the base/,
    ],
    [
      'another width',
      'head',
      { 'lm_head.weight': [24, 8] },
      /lm_head\.weight is \[24, 8\], the base has \[24, 16\]/,
    ],
    [
      'a resized head alone',
      'head',
      { 'lm_head.weight': [26, 16] },
      /resizes the vocabulary to 24 embeddings and 26 outputs/,
    ],
    [
      'a factor of another width',
      'head',
      { 'model.layers.0.self_attn.q_proj.lora_A.weight': [3, 8] },
      /from 8 to 16, the base has 16 to 16/,
    ],
    [
      'a bias that the base lacks',
      'tied-head',
      { 'model.layers.0.self_attn.q_proj.lora_B.bias': [16] },
      /is a bias \(lora_bias\), and model\.layers\.0\.self_attn\.q_proj of the base has none/,
    ],
    [
      'DoRA on a table',
      'lora-on-embeddings',
      { 'model.embed_tokens.lora_magnitude_vector': [16] },
      /DoRA on the table model\.embed_tokens is not supported/,
    ],
    [
      'more rows than it names',
      'token-rows',
      { 'model.embed_tokens.token_adapter.trainable_tokens_delta': [3, 16] },
      /trainable_token_indices names 2 rows of 16/,
    ],
  ])('refuses %s', async (_, name, change, message) => {
    const adapter = await changed(name, change);
    const files = await openModel(join(FOLDER, 'bases', adapter.baseModel as string));
    expect(() => mergedModel(files, adapter, name)).toThrow(message);
    await adapter.close();
    await files.close();
  });

  it('refuses rows beyond the table', async () => {
    const adapter = await changed('token-rows', {}, { tokenRowsOf: () => [3, 24] });
    const files = await openModel(join(FOLDER, 'bases', 'untied'));
    expect(() => mergedModel(files, adapter, 'token-rows')).toThrow(
      'trainable_token_indices names 24, the table model.embed_tokens has 24 rows',
    );
    await adapter.close();
    await files.close();
  });

  it('takes a vocabulary that was resized while training', async () => {
    const resized = { 'model.embed_tokens.weight': [26, 16], 'lm_head.weight': [26, 16] };
    const adapter = await changed('embeddings-and-head', resized);
    const base = await openModel(join(FOLDER, 'bases', 'untied'));
    const files = mergedModel(base, adapter, 'resized');
    expect(files.config.vocabSize).toBe(26);
    const table = new Float32Array(26 * 16);
    await files.weights.read('lm_head.weight', table);
    expect(table.every((value) => value === 0.5)).toBe(true);
    await adapter.close();
    await base.close();
  });
});
