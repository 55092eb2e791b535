import { type Model, shardModel } from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { expectClose, useDevice } from '@open-chatgpt/testing';
import { createGenerator, type Generator, type GeneratorOptions } from '../generator';
import { goldenLoraModel, goldenModel } from '../testing/golden-model';

useDevice('xla:cpu:4');

const PROMPTS = [[1, 7, 9, 4], [5], [1, 30, 31, 32, 33, 34, 35], [11, 12], [1, 2, 3, 40, 41, 42, 43, 44, 45]];

const MODELS: [string, () => Promise<Model>][] = [
  ['llama-gqa-tied', () => goldenModel('llama-gqa-tied')],
  ['mistral with a window of 5', () => goldenModel('mistral', { slidingWindow: 5 })],
  ['qwen3', () => goldenModel('qwen3')],
  ['gpt2', () => goldenModel('gpt2')],
  ['opt-post-norm', () => goldenModel('opt-post-norm')],
  ['llama with LoRA', () => goldenLoraModel('llama-gqa-tied', ['q_proj', 'v_proj', 'up_proj'])],
];

/** The same by ONNX Runtime. */
function hostGenerator(model: Model, options?: GeneratorOptions): Generator {
  const device = process.env.OPEN_CHATGPT_DEVICE;
  process.env.OPEN_CHATGPT_DEVICE = 'cpu';
  try {
    return createGenerator(model, options);
  } finally {
    process.env.OPEN_CHATGPT_DEVICE = device;
  }
}

describe.each(MODELS)('%s', (_, load) => {
  it('answers as ONNX Runtime does, with the same random numbers', async () => {
    const model = await load();
    const [host, device] = [hostGenerator(model), createGenerator(model)];
    for (const sampling of [{ doSample: false }, { temperature: 0.8, topK: 20, seed: 4 }]) {
      const options = { prompts: PROMPTS, maxNewTokens: 12, stopTokenIds: [], ...sampling };
      const [expected, found] = [await host.generate(options), await device.generate(options)];
      expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      for (const [i, { logProbs }] of found.entries())
        expectClose(logProbs, expected[i].logProbs, { rtol: 1e-5, name: `prompt ${i}` });
    }
  });
});

describe('a generator on a device', () => {
  it('refuses adapters beside its base, with the remedies', async () => {
    const model = await goldenModel('llama-gqa-tied');
    expect(() => createGenerator(model, { adapters: true })).toThrow(
      /run on the CPU only; set OPEN_CHATGPT_DEVICE=cpu, use int8 or int4 weights, or merge/,
    );
  });

  it('refuses drafts, with the remedies', async () => {
    const model = await goldenModel('llama-gqa-tied');
    expect(() => createGenerator(model, { speculation: { numSpeculativeTokens: 4 } })).toThrow(
      'drafts are verified on the CPU only; set OPEN_CHATGPT_DEVICE=cpu, or leave speculation out',
    );
  });

  const greedy = { doSample: false, stopTokenIds: [] };

  it('lets prompts join and leave, prefills long ones in chunks, and grows its cache', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 1024 });
    const long = Array.from({ length: 520 }, (_, t) => 3 + ((t * t) % 44));
    const answer = async (generator: Generator) => {
      const first = generator.generate({ ...greedy, prompts: PROMPTS, maxNewTokens: 5 });
      const second = generator.generate({ ...greedy, prompts: [long, [8]], maxNewTokens: 9 });
      return [...(await first), ...(await second)].map(({ tokens }) => tokens);
    };
    const device = createGenerator(model, { batchSize: 3 });
    expect(await answer(device)).toEqual(await answer(hostGenerator(model, { batchSize: 3 })));
    // 2 layers, keys and values, 4 rows, 2 heads, 1024 positions, 8 dimensions, 4 bytes
    expect(device.kvCacheBytes).toBe(2 * 2 * 4 * 2 * 1024 * 8 * 4);
  });

  it('computes prompts that begin alike once, and keeps them', async () => {
    const golden = await goldenModel('llama-gqa-tied');
    const model = { ...golden, trained: new ParameterStore([]), frozen: golden.trained };
    const start = Array.from({ length: 20 }, (_, t) => 3 + ((t * t) % 44));
    const together = {
      ...greedy,
      prompts: [
        [...start, 5],
        [...start, 6, 7],
        [...start, 5],
      ],
      maxNewTokens: 4,
    };
    const later = { ...greedy, prompts: [[...start, 6, 7, 8]], maxNewTokens: 4 };
    const device = createGenerator(model, { prefixCacheBytes: 2 ** 20 });
    const found = [...(await device.generate(together)), ...(await device.generate(later))];
    expect(found.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 20, 20, 22]);
    const host = hostGenerator(model, { sharePrefixes: false });
    const expected = [...(await host.generate(together)), ...(await host.generate(later))];
    expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
    for (const [i, { logProbs }] of found.entries())
      expectClose(logProbs, expected[i].logProbs, { rtol: 1e-5, name: `prompt ${i}` });
  });

  it('searches with beams', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const options = { prompts: [[1, 5, 9]], maxNewTokens: 8, numBeams: 4, stopTokenIds: [] };
    const [found] = await createGenerator(model).generate(options);
    const [expected] = await hostGenerator(model).generate(options);
    expect(found.tokens).toEqual(expected.tokens);
  });

  it('reads the current weights, and forgets what damaged weights computed', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const generator = createGenerator(model);
    const options = { ...greedy, prompts: PROMPTS, maxNewTokens: 4 };
    const expected = await generator.generate(options);
    const { tensor } = model.trained.get('model.layers.0.self_attn.v_proj.weight');
    const sound = tensor.floats.slice();
    tensor.floats.fill(Number.NaN);
    await expect(generator.generate(options)).rejects.toThrow('the model computed NaN for prompt');
    tensor.floats.set(sound);
    expect(await generator.generate(options)).toEqual(expected);
  });

  it('multiplies quantized weights on the CPU', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const options = { ...greedy, prompts: PROMPTS, maxNewTokens: 4 };
    const device = createGenerator(model, { weights: 'int8' });
    expect(await device.generate(options)).toEqual(
      await hostGenerator(model, { weights: 'int8' }).generate(options),
    );
  });

  it.each([{ preset: 'zero3' }, { fsdp: 2, tensor: 2 }] as const)(
    'leaves weights where a mesh has them: %p',
    async (mesh) => {
      const options = { prompts: PROMPTS, maxNewTokens: 6, seed: 4, stopTokenIds: [] };
      const expected = await hostGenerator(await goldenModel('llama-gqa-tied')).generate(options);
      const model = await goldenModel('llama-gqa-tied');
      shardModel(model, mesh);
      const generator = createGenerator(model);
      const found = await generator.generate(options);
      expect(found.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      for (const [i, { logProbs }] of found.entries())
        expectClose(logProbs, expected[i].logProbs, { rtol: 1e-5, name: `prompt ${i}` });
    },
  );
});
