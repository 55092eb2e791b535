import type { Model } from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { expectClose } from '@open-chatgpt/testing';
import type { KeptRow, Workspace } from '../decoder/decoder';
import { createGenerator, type GeneratorOptions } from '../generator';
import type { GenerateOptions, Generation } from '../options/generate-options';
import { OrtWorkspace } from '../ort/ort-workspace';
import { goldenModel } from '../testing/golden-model';
import { longestPrefix, PrefixCache } from './prefix-cache';

const MIB = 2 ** 20;
const GREEDY = { doSample: false, stopTokenIds: [], maxNewTokens: 6 };
const text = (length: number, seed: number) =>
  Array.from({ length }, (_, t) => 3 + ((t * t + seed * (t + 5)) % 44));
const SYSTEM = text(40, 1);
const question = (i: number, length = 5) => [...SYSTEM, 3 + i, ...text(length, i)];

/** A golden model with frozen weights and room for long prompts. */
async function frozenModel(name = 'llama-gqa-tied'): Promise<Model> {
  const model = await goldenModel(name, { maxPositionEmbeddings: 1024 });
  return { ...model, trained: new ParameterStore([]), frozen: model.trained };
}

const cached = (answers: readonly Generation[]) => answers.map(({ cachedTokens }) => cachedTokens);

/** Compares with a generator that shares nothing. */
async function expectSameAnswers(
  model: Model,
  answers: readonly Generation[],
  options: GenerateOptions,
): Promise<void> {
  const expected = await createGenerator(model, { sharePrefixes: false }).generate(options);
  expect(cached(expected)).toEqual(expected.map(() => 0));
  expect(answers.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { logProbs }] of answers.entries())
    expectClose(logProbs, expected[i].logProbs, { rtol: 1e-5, name: `answer ${i}` });
}

describe('prompts that begin alike', () => {
  it.each(['llama-gqa-tied', 'gpt2', 'mistral'])('get the answers of prompts alone: %s', async (name) => {
    const model = await goldenModel(name);
    const question = (i: number) => [...text(20, 1), 3 + i, ...text(3, i)];
    const prompts = [question(1), question(2), text(18, 9), question(1), question(3), text(18, 9)];
    const options = { ...GREEDY, prompts };
    const answers = await createGenerator(model).generate(options);
    expect(cached(answers)).toEqual([0, 20, 0, 23, 20, 17]);
    await expectSameAnswers(model, answers, options);
  });

  it('are computed once for all samples of a prompt', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const options = {
      prompts: [question(1), question(1), text(20, 4), question(1), text(20, 4)],
      maxNewTokens: 8,
      temperature: 0.9,
      seed: 5,
    };
    const prefill = jest.spyOn(OrtWorkspace.prototype, 'prefill');
    const answers = await createGenerator(model).generate(options);
    expect(prefill.mock.calls.map(([, prompts]) => prompts.map(({ length }) => length))).toEqual([[46, 20]]);
    prefill.mockRestore();
    await expectSameAnswers(model, answers, options);
  });

  it('share a row whose prompt has several chunks', async () => {
    const model = await frozenModel();
    const long = text(700, 2);
    const options = {
      ...GREEDY,
      prompts: [
        [...long, 5],
        [...long, 6, ...text(20, 3)],
        [...long, 5],
      ],
    };
    const answers = await createGenerator(model).generate(options);
    expect(cached(answers)).toEqual([0, 700, 700]);
    await expectSameAnswers(model, answers, options);
  });

  it('are shared only with the same salt, and not without sharePrefixes', async () => {
    const generator = createGenerator(await frozenModel(), { prefixCacheBytes: MIB });
    const ask = async (cacheSalt?: string) =>
      cached(await generator.generate({ ...GREEDY, prompts: [question(1)], cacheSalt }));
    expect(await ask('a')).toEqual([0]);
    expect(await ask('b')).toEqual([0]);
    expect(await ask()).toEqual([0]);
    expect(await ask('a')).toEqual([45]);
  });
});

describe('kept rows', () => {
  const chat = async (options: GeneratorOptions) => {
    const generator = createGenerator(await frozenModel(), options);
    const [first] = await generator.generate({ ...GREEDY, prompts: [question(1)] });
    const prompts = [[...question(1), ...first.tokens, ...text(4, 7)]];
    return { generator, prompts, second: await generator.generate({ ...GREEDY, prompts }) };
  };

  it('continue a conversation after its last token that has keys', async () => {
    const { generator, prompts, second } = await chat({ prefixCacheBytes: MIB });
    expect(cached(second)).toEqual([46 + 5]);
    await expectSameAnswers(generator.model, second, { ...GREEDY, prompts });
  });

  it('are kept in whole by quantized weights', async () => {
    const { second } = await chat({ prefixCacheBytes: MIB, weights: 'int8' });
    expect(cached(second)).toEqual([51]);
  });

  it('take memory within their bound', async () => {
    const { generator } = await chat({ prefixCacheBytes: 0 });
    const rows = generator.kvCacheBytes;
    expect(cached((await chat({ prefixCacheBytes: 0 })).second)).toEqual([0]);
    // 2 layers, keys and values, 2 heads, 61 tokens of the conversation, 8 dimensions, 4 bytes
    expect((await chat({ prefixCacheBytes: MIB })).generator.kvCacheBytes - rows).toBe(
      2 * 2 * 2 * 61 * 8 * 4,
    );
  });

  it('are refused for weights that training may change', async () => {
    const model = await goldenModel('llama-gqa-tied');
    expect(() => createGenerator(model, { prefixCacheBytes: 1 })).toThrow('training may change the weights');
  });
});

describe('PrefixCache', () => {
  const BYTES_PER_TOKEN = 10;
  const released: number[] = [];
  const workspace = {
    keptBytes: (tokens: number) => tokens * BYTES_PER_TOKEN,
    keep: (row: number): KeptRow => ({ release: () => void released.push(row) }),
    restore: () => undefined,
  } as object as Workspace;
  const row = (seed: number, length: number, salt?: string) => ({
    ids: text(length, seed),
    cached: length,
    salt,
  });
  beforeEach(() => released.splice(0));

  it('drops the least recently used row first', () => {
    const cache = new PrefixCache(workspace, 1000);
    cache.keep(row(1, 40), 1);
    cache.keep(row(2, 40), 2);
    const [first] = cache.all;
    cache.restore(first, 0, 20);
    cache.keep(row(3, 60), 3);
    expect(released).toEqual([2]);
    expect(cache.bytes).toBe(1000);
  });

  it('keeps the longer of two rows that begin alike', () => {
    const cache = new PrefixCache(workspace, 1000);
    cache.keep(row(1, 30), 1);
    cache.keep(row(1, 40), 2);
    cache.keep(row(1, 20), 3);
    cache.keep(row(1, 20, 'salt'), 4);
    expect(released).toEqual([1]);
    expect(cache.bytes).toBe(600);
  });

  it('keeps no row that exceeds its memory, and none that is too short to be copied', () => {
    const cache = new PrefixCache(workspace, 1000);
    cache.keep(row(1, 101), 1);
    cache.keep(row(2, 15), 1);
    expect([...cache.all]).toEqual([]);
  });

  it('finds the longest beginning, without the last token of the prompt', () => {
    const sources = [row(1, 20), row(1, 50), row(1, 60, 'salt'), row(2, 50)];
    expect(longestPrefix({ prompt: text(50, 1) }, sources)).toEqual({ source: sources[1], tokens: 49 });
  });

  it('finds nothing that is shorter than a copy is worth', () => {
    const sources = [row(1, 400)];
    const found = (shared: number, rest: number) =>
      longestPrefix({ prompt: [...text(shared, 1), ...text(rest, 2)] }, sources)?.tokens;
    expect(found(15, 1)).toBeUndefined();
    expect(found(20, 21)).toBeUndefined();
    expect(found(20, 20)).toBe(20);
    expect(found(256, 700)).toBe(256);
  });
});
