import type { Model } from '@open-chatgpt/models';
import { expectClose } from '@open-chatgpt/testing';
import { createGenerator } from './generator';
import { greedyAnswer, learnerLogProbs } from './testing/forward';
import { goldenLoraModel, goldenModel } from './testing/golden-model';

const PROMPTS = [[1, 7, 9, 4], [5], [1, 30, 31, 32, 33, 34, 35], [11, 12], [1, 2, 3, 40, 41, 42, 43, 44, 45]];

const MODELS: [string, () => Promise<Model>][] = [
  ['llama-gqa-tied', () => goldenModel('llama-gqa-tied')],
  ['llama-untied-rope-llama3', () => goldenModel('llama-untied-rope-llama3')],
  ['mistral with a window of 5', () => goldenModel('mistral', { slidingWindow: 5 })],
  ['qwen2', () => goldenModel('qwen2')],
  ['qwen3', () => goldenModel('qwen3')],
  ['gpt2', () => goldenModel('gpt2')],
  ['opt', () => goldenModel('opt')],
  ['opt-post-norm', () => goldenModel('opt-post-norm')],
  ['llama with LoRA', () => goldenLoraModel('llama-gqa-tied', ['q_proj', 'v_proj', 'up_proj'])],
  ['gpt2 with LoRA', () => goldenLoraModel('gpt2', ['c_attn', 'c_proj'])],
];

describe.each(MODELS)('%s', (_, load) => {
  it('generates greedily the same tokens as without a cache', async () => {
    const model = await load();
    const results = await createGenerator(model).generate({
      prompts: PROMPTS,
      maxNewTokens: 12,
      doSample: false,
      stopTokenIds: [],
    });
    for (const [i, { tokens, finishReason }] of results.entries()) {
      expect(tokens).toEqual(await greedyAnswer(model, PROMPTS[i], 12));
      expect(finishReason).toBe('length');
    }
  });

  it('records the same log-probabilities as the learner', async () => {
    const model = await load();
    const options = { maxNewTokens: 15, temperature: 0.7, seed: 4, stopTokenIds: [] };
    const results = await createGenerator(model).generate({ prompts: PROMPTS, ...options });
    for (const [i, { tokens, logProbs }] of results.entries()) {
      expectClose(logProbs, await learnerLogProbs(model, PROMPTS[i], tokens, 0.7), {
        rtol: 1e-5,
        name: `prompt ${i}`,
      });
    }
  });
});

describe('the weights of a generator', () => {
  const options = { prompts: PROMPTS, maxNewTokens: 10, doSample: false, stopTokenIds: [] };

  it('are the current ones: training takes effect without a new generator', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const generator = createGenerator(model);
    const before = await generator.generate(options);
    const { data } = model.trained.get('model.layers.1.self_attn.o_proj.weight');
    for (let i = 0; i < data.length; i++) data[i] *= -2;
    const after = await generator.generate(options);
    expect(after.map(({ tokens }) => tokens)).not.toEqual(before.map(({ tokens }) => tokens));
    expect(after[0].tokens).toEqual(await greedyAnswer(model, PROMPTS[0], 10));
  });

  it('exclude the adapter for the reference policy', async () => {
    const model = await goldenLoraModel('qwen3', ['all-linear']);
    const base = await goldenModel('qwen3');
    const reference = await createGenerator(model, { adapter: false }).generate(options);
    const adapted = await createGenerator(model).generate(options);
    expect(reference).toEqual(await createGenerator(base).generate(options));
    expect(adapted).not.toEqual(reference);
  });
});
