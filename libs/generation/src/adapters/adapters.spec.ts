import type { Adapter, Model } from '@open-chatgpt/models';
import { expectClose } from '@open-chatgpt/testing';
import { createGenerator } from '../generator';
import type { DecodingOptions } from '../options/decoding-options';
import type { Generation } from '../options/generate-options';
import { roundWeights } from '../testing/dequantize';
import { goldenAdapter, goldenBase, goldenMerged } from '../testing/golden-adapters';
import { withAdapter } from './with-adapter';

/** Of different ranks, scales, layers and targets. */
const ADAPTERS = ['patterns', 'patterns-rslora', 'rslora', 'regular-expression', 'some-layers'];
const prompt = (i: number, length: number) =>
  Array.from({ length }, (_, t) => 3 + ((i * 11 + t * t * 7) % 20));
const PROMPTS = [prompt(0, 5), prompt(1, 1), prompt(2, 9)];
const GREEDY = { maxNewTokens: 12, doSample: false, stopTokenIds: [] };

/** Answers of the base and of all adapters, in one batch. */
async function inOneBatch(
  base: Model,
  adapters: readonly (Adapter | null)[],
  options: DecodingOptions = {},
): Promise<Generation[][]> {
  const generator = createGenerator(base, { ...options, adapters: true, batchSize: 32 });
  return Promise.all(
    adapters.map((adapter) =>
      (adapter ? withAdapter(generator, adapter) : generator).generate({ ...GREEDY, prompts: PROMPTS }),
    ),
  );
}

const alone = (model: Model, options: DecodingOptions = {}) =>
  createGenerator(model, options).generate({ ...GREEDY, prompts: PROMPTS });

/** Equal tokens, and equal log-probabilities within a tolerance. */
function expectSame(got: readonly Generation[], expected: readonly Generation[], tolerance: number): void {
  expect(got.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  got.forEach(({ logProbs }, i) => {
    expectClose(logProbs, expected[i].logProbs, { rtol: tolerance, scale: 1, name: `prompt ${i}` });
  });
}

describe('adapters in one batch', () => {
  it('answer like their merged models alone, and the base like itself', async () => {
    const adapters = await Promise.all(ADAPTERS.map(goldenAdapter));
    const [base, ...answers] = await inOneBatch(await goldenBase('untied'), [null, ...adapters]);
    expectSame(base, await alone(await goldenBase('untied')), 1e-5);
    for (const [i, name] of ADAPTERS.entries())
      expectSame(answers[i], await alone(await goldenMerged(name)), 1e-5);
    expect(new Set([base, ...answers].map((one) => one[0].tokens.join())).size).toBeGreaterThan(3);
  });

  it('work with weights that are stored as [in, out]', async () => {
    const [, answers] = await inOneBatch(await goldenBase('gpt2'), [
      null,
      await goldenAdapter('gpt2-fan-in'),
    ]);
    expectSame(answers, await alone(await goldenMerged('gpt2-fan-in')), 1e-5);
  });

  it.each(['int8', 'int4'] as const)('are added to %s weights, which stay as they are', async (weights) => {
    const [name] = ADAPTERS;
    const [base, answers] = await inOneBatch(await goldenBase('untied'), [null, await goldenAdapter(name)], {
      weights,
    });
    const first = (all: readonly Generation[]) => all.map(({ logProbs }) => logProbs[0]);
    const close = (actual: number[], expected: number[], rtol: number) =>
      expectClose(actual, expected, { rtol, scale: 1, name: 'the first log-probabilities' });
    close(first(base), first(await alone(await goldenBase('untied'), { weights })), 1e-3);
    const rounded = await goldenBase('untied');
    roundWeights(rounded, weights);
    const [exact] = await inOneBatch(rounded, [await goldenAdapter(name)]);
    // Activations are rounded to 8 bits besides.
    close(first(answers), first(exact), 0.03);
    expect(() => close(first(base), first(exact), 0.1)).toThrow();
  });

  it('are read in chunks, by beams and after a shared prompt with the same results', async () => {
    const long = prompt(4, 700);
    const [one, other] = await Promise.all([goldenAdapter('patterns'), goldenAdapter('rslora')]);
    const options = { maxPositionEmbeddings: 1024 };
    const change = (model: Model): Model => ({ ...model, config: { ...model.config, ...options } });
    const generator = createGenerator(change(await goldenBase('untied')), {
      adapters: true,
      prefixCacheBytes: 2 ** 24,
    });
    const merged = createGenerator(change(await goldenMerged('patterns')));
    const request = { ...GREEDY, prompts: [long] };
    const expected = await merged.generate(request);
    // The base and another adapter compute the same prompt first and at the same time.
    await withAdapter(generator, other).generate(request);
    const [answers] = await Promise.all([
      withAdapter(generator, one).generate(request),
      generator.generate({ ...request, maxNewTokens: 30 }),
      withAdapter(generator, other).generate(request),
    ]);
    expectSame(answers, expected, 1e-5);
    expect(answers[0].cachedTokens).toBe(0);
    const [again] = await withAdapter(generator, one).generate(request);
    expect(again.cachedTokens).toBeGreaterThan(600);
    expect(again.tokens).toEqual(expected[0].tokens);
    const beams = { ...request, prompts: PROMPTS, numBeams: 3 };
    expectSame(await withAdapter(generator, one).generate(beams), await merged.generate(beams), 1e-5);
  });

  it('are refused by a generator without adapters', async () => {
    const generator = createGenerator(await goldenBase('untied'));
    const adapter = await goldenAdapter('rslora');
    await expect(withAdapter(generator, adapter).generate({ ...GREEDY, prompts: PROMPTS })).rejects.toThrow(
      /created with `adapters: true`/,
    );
  });

  it.each([
    ['dora', /"model\.layers.*lora_magnitude_vector.*" is a magnitude of DoRA \(use_dora\)/],
    ['head', /"lm_head\.weight" is a whole weight \(modules_to_save\).*openchat model merge/],
    ['norms', /is a whole weight \(modules_to_save\)/],
    ['lora-bias', /is a bias \(lora_bias\)/],
    ['token-rows', /has rows of tokens \(trainable_token_indices\)/],
    ['lora-on-embeddings', /"model\.embed_tokens" change no linear layer of a block/],
    ['lora-on-head', /"lm_head" change no linear layer of a block/],
    ['bias-all', /is a whole weight/],
  ])('refuse what changes more than linear layers: %s', async (name, message) => {
    await expect(goldenAdapter(name)).rejects.toThrow(message);
  });
});
