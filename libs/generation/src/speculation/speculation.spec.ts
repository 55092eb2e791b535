import { createGenerator, type GeneratorOptions } from '../generator';
import type { GenerateOptions } from '../options/generate-options';
import { goldenModel } from '../testing/golden-model';
import { promptLookup } from './prompt-lookup';

describe('prompt lookup', () => {
  const after = (ids: number[], most = 3) => promptLookup.propose(ids, most);

  it('proposes what followed the longest match, and of several the last one', async () => {
    expect(await after([1, 2, 3, 4, 9, 2, 3, 7, 1, 2, 3])).toEqual([4, 9, 2]);
    expect(await after([8, 2, 3, 5, 2, 3, 6, 8, 2, 3])).toEqual([5, 2, 3]);
    expect(await after([2, 3, 5, 4, 2, 3, 6, 8, 2, 3], 1)).toEqual([6]);
    expect(await after([7, 7, 7, 7], 2)).toEqual([7]);
  });

  it('has no guess without a match of two tokens', async () => {
    expect(await after([1, 2, 3])).toEqual([]);
    expect(await after([3, 1, 3])).toEqual([]);
    expect(await after([5])).toEqual([]);
  });
});

/** A prompt that repeats itself, so that there is something to look up. */
const PROMPT = Array.from({ length: 20 }, (_, t) => 5 + (t % 4));

async function answer(
  request: Partial<GenerateOptions>,
  speculation?: GeneratorOptions['speculation'],
  options: GeneratorOptions = {},
) {
  const model = await goldenModel('llama-gqa-tied');
  const generator = createGenerator(model, { ...options, speculation });
  const answers = await generator.generate({
    prompts: [PROMPT],
    maxNewTokens: 30,
    stopTokenIds: [],
    ...request,
  });
  return { answers, counts: generator.speculationCounts };
}

const drafts = async (options: GeneratorOptions = {}) => ({
  numSpeculativeTokens: 6,
  draft: createGenerator(await goldenModel('llama-gqa-tied'), options),
});

describe('an answer with drafts', () => {
  it.each([
    ['greedy', { doSample: false }],
    ['greedy with a penalty', { doSample: false, repetitionPenalty: 1.3 }],
    ['sampled', { seed: 5, temperature: 0.8 }],
    ['sampled of few tokens', { seed: 6, topK: 5, minNewTokens: 9, stopTokenIds: [3, 5, 7, 17] }],
    ['with the most probable tokens', { doSample: false, topLogProbs: 2 }],
  ])('is the one without: %s', async (_name, request) => {
    const plain = await answer(request);
    for (const speculation of [{ numSpeculativeTokens: 6, draft: undefined }, await drafts()]) {
      const { answers, counts } = await answer(request, speculation);
      expect(answers.map(({ tokens }) => tokens)).toEqual(plain.answers.map(({ tokens }) => tokens));
      expect(answers[0].finishReason).toBe(plain.answers[0].finishReason);
      const error = answers[0].logProbs.map((logProb, t) => Math.abs(logProb - plain.answers[0].logProbs[t]));
      expect(Math.max(...error)).toBeLessThan(1e-5);
      if (speculation.draft) expect(counts.drafts).toBeGreaterThan(0);
      expect(counts.draftTokens).toBeGreaterThanOrEqual(counts.acceptedTokens);
    }
  });
});

it('drafts of the model itself are all accepted, and save steps', async () => {
  const { counts } = await answer({ doSample: false }, await drafts({ prefixCacheBytes: 0 }));
  expect(counts.acceptedTokens).toBe(counts.draftTokens);
  // Of 30 tokens, the prefill gives one, four drafts of six give one more each, and a step without a draft the last one.
  expect(counts).toMatchObject({ drafts: 4, draftTokens: 24 });
});

it('drafts of an int8 model are mostly accepted: kernels of other sizes round its activations differently', async () => {
  const options = { weights: 'int8' as const };
  const { answers, counts } = await answer({ doSample: false }, await drafts(options), options);
  expect(answers[0].tokens).toHaveLength(30);
  expect(counts.acceptedTokens).toBeGreaterThan(counts.draftTokens / 2);
});

it('ends at a stop token within a draft', async () => {
  const { answers } = await answer({ doSample: false });
  const [{ tokens }] = answers;
  const stop = tokens[8];
  const ended = await answer({ doSample: false, stopTokenIds: [stop] }, await drafts());
  expect(ended.answers[0].tokens).toEqual(tokens.slice(0, tokens.indexOf(stop) + 1));
});

it('rows that share the batch have no drafts, and each has its answer', async () => {
  const prompts = [PROMPT, PROMPT.slice(3), [9, 4, 9, 4, 9]];
  const plain = await answer({ prompts, doSample: false });
  const { answers } = await answer({ prompts, doSample: false }, { numSpeculativeTokens: 6 });
  expect(answers.map(({ tokens }) => tokens)).toEqual(plain.answers.map(({ tokens }) => tokens));
});

it('refuses a draft model of another vocabulary, and no tokens', async () => {
  const model = await goldenModel('llama-gqa-tied');
  const { draft } = await drafts();
  const other = { ...draft, model: { ...model, config: { ...model.config, vocabSize: 7 } } };
  expect(() => createGenerator(model, { speculation: { numSpeculativeTokens: 4, draft: other } })).toThrow(
    'the draft model has 7 tokens and the model 48; choose a draft model with the same tokenizer',
  );
  expect(() => createGenerator(model, { speculation: { numSpeculativeTokens: 0 } })).toThrow(
    'numSpeculativeTokens is 0; expected a whole number ≥ 1',
  );
});
