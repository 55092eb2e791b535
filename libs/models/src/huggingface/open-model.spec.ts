import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectedTensors } from '@open-chatgpt/sizing';
import { parseModelConfig } from '../config/parse-model-config';
import { toHuggingFaceConfig } from '../config/to-hugging-face-config';
import { loadWeights } from '../model/load-weights';
import { allocateBase } from '../model/model';
import { type TensorToWrite, writeSafetensors } from '../safetensors/write-safetensors';
import { elementCount } from '../weights/weight-source';
import { copyModel } from './copy-model';
import { withModelFolder } from './model-folder';
import { openModel } from './open-model';
import { readModelConfig } from './read-model-config';
import { writeModelFolder } from './write-model-folder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'model-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const small = {
  llama: {
    model_type: 'llama',
    vocab_size: 5,
    hidden_size: 4,
    intermediate_size: 6,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    tie_word_embeddings: true,
  },
  gpt2: { model_type: 'gpt2', vocab_size: 5, n_embd: 4, n_layer: 1, n_head: 2, n_positions: 3 },
  opt: {
    model_type: 'opt',
    vocab_size: 5,
    hidden_size: 4,
    ffn_dim: 6,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 3,
  },
};

const parse = (json: unknown) => parseModelConfig(json, 'config.json');
const weightsOf = (json: unknown): TensorToWrite[] =>
  expectedTensors(parse(json)).map(({ name, shape }, i) => ({
    name,
    shape,
    data: new Float32Array(elementCount(shape)).fill(i),
  }));

async function writeRaw(json: unknown, tensors: TensorToWrite[]): Promise<void> {
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json));
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { dtype: 'F32' });
}

describe('a model folder', () => {
  it('preserves everything when it is written and opened', async () => {
    const config = parse({ ...small.llama, my_field: 1 });
    const tokenizer = {
      tokenizerJson: '{"version": "1.0"}',
      tokenizerConfig: { eos_token: '</s>', chat_template: '{{ messages }}' },
    };
    const generationConfig = { eos_token_id: [2] };
    await writeModelFolder(folder, {
      config,
      tensors: weightsOf(small.llama),
      dtype: 'BF16',
      tokenizer,
      generationConfig,
      maxShardSize: 100,
    });
    const model = await openModel(folder);
    expect({ ...model.config, source: null }).toEqual({ ...config, source: null });
    expect(model.config.source).toMatchObject({ my_field: 1, torch_dtype: 'bfloat16' });
    expect(model.tokenizer).toEqual(tokenizer);
    expect(model.generationConfig).toEqual(generationConfig);
    expect(model.weights.tensors().map(({ name }) => name)).toEqual(
      weightsOf(small.llama).map(({ name }) => name),
    );
    const norm = new Float32Array(4);
    await model.weights.read('model.norm.weight', norm);
    await model.close();
    expect([...norm]).toEqual([10, 10, 10, 10]);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('has a configuration without weights', async () => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(small.llama));
    expect(await readModelConfig(folder)).toEqual(parseModelConfig(small.llama, 'config.json'));
    rmSync(join(folder, 'config.json'));
    await expect(readModelConfig(folder)).rejects.toThrow(/has no config\.json/);
  });

  it('has the configuration that its weights agree with', async () => {
    const head = { name: 'lm_head.weight', shape: [5, 4], data: new Float32Array(20).fill(7) };
    await writeRaw(small.llama, [...weightsOf(small.llama), head]);
    expect((await readModelConfig(folder)).tieWordEmbeddings).toBe(false);
  });

  it.each([
    ['llama saved without its head', small.llama, 'model.', 'layers.0.self_attn.rotary_emb.inv_freq'],
    ['gpt2 as first published', small.gpt2, 'transformer.', 'h.0.attn.bias'],
    ['opt saved without its head', small.opt, 'model.', null],
  ])('has canonical names: %s', async (_, json, prefix, buffer) => {
    const tensors = weightsOf(json).map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
    if (buffer) tensors.push({ name: buffer, shape: [1], data: new Float32Array(1) });
    await writeRaw(json, tensors);
    const model = await openModel(folder);
    expect(model.weights.tensors().map(({ name }) => name)).toEqual(weightsOf(json).map(({ name }) => name));
    const { name, shape } = model.weights.tensors()[1];
    const second = new Float32Array(elementCount(shape));
    await model.weights.read(name, second);
    await model.close();
    expect(second[0]).toBe(1);
  });

  it('ignores the copy of tied embeddings and keeps a reward head', async () => {
    await writeRaw(small.llama, [
      ...weightsOf(small.llama),
      { name: 'lm_head.weight', shape: [5, 4], data: weightsOf(small.llama)[0].data as Float32Array },
      { name: 'score.weight', shape: [1, 4], data: new Float32Array(4) },
    ]);
    const model = await openModel(folder);
    await model.close();
    const names = model.weights.tensors().map(({ name }) => name);
    expect(names).not.toContain('lm_head.weight');
    expect(names).toContain('score.weight');
  });

  // What AutoModelForCausalLM of transformers 5.23 has for the same files.
  it.each([
    ['llama', small.llama, 'model.embed_tokens.weight'],
    ['gpt2', small.gpt2, 'transformer.wte.weight'],
    ['opt', small.opt, 'model.decoder.embed_tokens.weight'],
  ])(
    'uses a head with other values than the embeddings under a tied flag, and says so: %s',
    async (_, json, name) => {
      const head = { name: 'lm_head.weight', shape: [5, 4], data: new Float32Array(20).fill(7) };
      const config = { ...json, tie_word_embeddings: true };
      await writeRaw(config, [...weightsOf(config), head]);
      const model = await openModel(folder);
      const read = new Float32Array(20);
      await model.weights.read('lm_head.weight', read);
      await model.close();
      expect([...read]).toEqual([...head.data]);
      expect(model.config.tieWordEmbeddings).toBe(false);
      expect(model.warnings).toEqual([
        expect.stringContaining(
          `has a lm_head.weight with other values than ${name}; the head of the file is used`,
        ),
      ]);
      expect(toHuggingFaceConfig(model.config)).toMatchObject({ tie_word_embeddings: false });
    },
  );

  it('finds a head that differs in its last value only', async () => {
    const { data, ...embeddings } = weightsOf(small.llama)[0];
    const head = Float32Array.from(data as Float32Array);
    head[19] += 1e-3;
    await writeRaw(small.llama, [
      ...weightsOf(small.llama),
      { ...embeddings, name: 'lm_head.weight', data: head },
    ]);
    const model = await openModel(folder);
    await model.close();
    expect(model.config.tieWordEmbeddings).toBe(false);
  });

  it('reads tied embeddings that a file has only as the head', async () => {
    const [embeddings, ...rest] = weightsOf(small.llama);
    const head = new Float32Array(20).fill(3);
    await writeRaw(small.llama, [{ ...embeddings, name: 'lm_head.weight', data: head }, ...rest]);
    const model = await openModel(folder);
    const read = new Float32Array(20);
    await model.weights.read('model.embed_tokens.weight', read);
    await model.close();
    expect([...read]).toEqual([...head]);
    expect(model.config.tieWordEmbeddings).toBe(true);
  });

  it.each<[string, unknown, unknown, number[], RegExp | null]>([
    [
      'a list in generation_config.json',
      [2, 0],
      2,
      [2, 0],
      /ends answers with the tokens 2, 0, config\.json with 2/,
    ],
    ['another token', 3, 2, [3], /tokens 3, config\.json with 2/],
    ['the same tokens in another order', [0, 2], [2, 0], [0, 2], null],
    ['nothing in config.json', [1, 4], undefined, [1, 4], null],
    ['nothing in generation_config.json', undefined, [4, 1], [4, 1], null],
    ['null in generation_config.json', null, 3, [3], null],
    ['a token beyond the embeddings', [2, 5], [2, 5], [2], /"eos_token_id" names 5, .* have 5 rows/],
  ])(
    'ends answers with the tokens of generation_config.json: %s',
    async (_, generation, config, ids, message) => {
      await writeRaw({ ...small.llama, eos_token_id: config }, weightsOf(small.llama));
      writeFileSync(join(folder, 'generation_config.json'), JSON.stringify({ eos_token_id: generation }));
      const model = await openModel(folder);
      await model.close();
      expect(model.config.eosTokenIds).toEqual(ids);
      expect(model.warnings).toEqual(message === null ? [] : [expect.stringMatching(message)]);
    },
  );

  it('refuses end tokens that are no ids', async () => {
    await writeRaw(small.llama, weightsOf(small.llama));
    writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id": "</s>"}');
    await expect(openModel(folder)).rejects.toThrow(/generation_config\.json: field "eos_token_id"/);
  });

  it('names weights that the configuration does not use', async () => {
    const bias = { name: 'model.layers.0.self_attn.q_proj.bias', shape: [4], data: new Float32Array(4) };
    await writeRaw(small.llama, [...weightsOf(small.llama), bias]);
    const model = await openModel(folder);
    await model.close();
    expect(model.warnings).toEqual([
      expect.stringContaining(`does not use ${bias.name}; they have no effect`),
    ]);
  });

  it.each([1e6, 1e9])('compares %d layers with the file before it lists them', async (layers) => {
    await writeRaw(small.llama, weightsOf(small.llama));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...small.llama, num_hidden_layers: layers }));
    await expect(openModel(folder)).rejects.toThrow(`the configuration has ${layers} layers`);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses to copy and to load weights with %d',
    async (value) => {
      const tensors = weightsOf(small.llama);
      const { name, shape, data } = tensors[3];
      (data as Float32Array)[1] = value;
      await writeRaw(small.llama, tensors);
      const model = await openModel(folder);
      const message = `tensor "${name}": 1 of ${elementCount(shape)} values are not finite`;
      await expect(copyModel(model, join(folder, 'copy'), { dtype: 'F32' })).rejects.toThrow(message);
      await expect(loadWeights(allocateBase(model.config, false), model.weights)).rejects.toThrow(message);
      const linked = withModelFolder(folder, model, { workFolder: folder }, async () => {});
      await expect(linked).rejects.toThrow(message);
      await model.close();
    },
  );

  it('needs no lm_head as a classifier', async () => {
    const untied = { ...small.llama, tie_word_embeddings: false };
    const body = weightsOf(untied).filter(({ name }) => name !== 'lm_head.weight');
    await writeRaw(untied, body);
    await expect(openModel(folder)).rejects.toThrow(/missing: lm_head\.weight/);
    await writeRaw(untied, [...body, { name: 'score.weight', shape: [1, 4], data: new Float32Array(4) }]);
    await (await openModel(folder)).close();
  });

  it('prefers chat_template.jinja, and opens a .safetensors file beside config.json', async () => {
    await writeRaw(small.llama, weightsOf(small.llama));
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"chat_template":"old"}');
    writeFileSync(join(folder, 'chat_template.jinja'), 'new');
    const model = await openModel(join(folder, 'model.safetensors'));
    await model.close();
    expect(model.tokenizer?.tokenizerConfig).toEqual({ chat_template: 'new' });
    expect(model.generationConfig).toBeNull();
  });

  it('writes config.json last, so that a partial folder is not a model', async () => {
    const tensors = [{ name: 'x', shape: [1], data: () => Promise.reject(new Error('stopped')) }];
    const writing = writeModelFolder(folder, { config: parse(small.llama), tensors, dtype: 'F32' });
    await expect(writing).rejects.toThrow('stopped');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[string, () => void | Promise<void>, RegExp]>([
    ['config.json is missing', () => unlinkSync(join(folder, 'config.json')), /has no config\.json/],
    [
      'config.json is not JSON',
      () => writeFileSync(join(folder, 'config.json'), '{'),
      /config\.json: is not JSON \(/,
    ],
    [
      'config.json is a list',
      () => writeFileSync(join(folder, 'config.json'), '[]'),
      /expected a JSON object/,
    ],
    ['there are no weights', () => unlinkSync(join(folder, 'model.safetensors')), /download the weights/],
    [
      'the weights are only pickles',
      () => {
        unlinkSync(join(folder, 'model.safetensors'));
        writeFileSync(join(folder, 'pytorch_model.bin'), '');
      },
      /PyTorch pickles \(pytorch_model\.bin\)/,
    ],
    [
      'config.json belongs to another model',
      () => writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...small.llama, vocab_size: 9 })),
      /wrong shape: model\.embed_tokens\.weight is \[5, 4\], expected \[9, 4\]/,
    ],
    [
      'a layer is missing',
      () =>
        writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...small.llama, num_hidden_layers: 2 })),
      /missing: model\.layers\.1\.self_attn\.q_proj\.weight, .* and 4 more/,
    ],
    [
      'one weight has two names',
      () =>
        writeRaw(small.llama, [
          ...weightsOf(small.llama),
          { name: 'norm.weight', shape: [4], data: new Float32Array(4) },
        ]),
      /"model\.norm\.weight" and "norm\.weight" are the same weight/,
    ],
  ])('fails when %s', async (_, damage, message) => {
    await writeRaw(small.llama, weightsOf(small.llama));
    await damage();
    await expect(openModel(folder)).rejects.toThrow(message);
  });

  it('explains the expected paths', async () => {
    await expect(openModel(join(folder, 'none'))).rejects.toThrow(/does not exist; give a model folder/);
    writeFileSync(join(folder, 'a.txt'), '');
    await expect(openModel(join(folder, 'a.txt'))).rejects.toThrow(/is not a model; expected/);
  });
});

test('an overwritten folder holds the new weights', async () => {
  mkdirSync(join(folder, 'm'));
  const model = { config: parse(small.gpt2), tensors: weightsOf(small.gpt2) };
  await writeModelFolder(join(folder, 'm'), { ...model, dtype: 'F32', maxShardSize: 64 });
  await writeModelFolder(join(folder, 'm'), { ...model, dtype: 'F16' });
  expect(readdirSync(join(folder, 'm')).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(JSON.parse(readFileSync(join(folder, 'm', 'config.json'), 'utf8')).torch_dtype).toBe('float16');
});
