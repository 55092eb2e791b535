import { allocateModel, initializeWeights, type Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { expectClose } from '@open-chatgpt/testing';
import { createGenerator } from '../generator';
import { learnerLogProbs, referenceLogits } from '../testing/forward';
import { goldenModel } from '../testing/golden-model';

const STOP = 4;

/** A model of five tokens with far from uniform distributions. */
async function tinyModel(): Promise<Model> {
  const { config } = await goldenModel('llama-gqa-tied');
  const model = allocateModel({ ...config, vocabSize: 5, eosTokenIds: [STOP] });
  initializeWeights(model.trained, createRng(8), config.numHiddenLayers);
  for (const { data, shape } of model.trained.all) {
    if (shape.length === 2) for (let i = 0; i < data.length; i++) data[i] *= 20;
  }
  return model;
}

/** The best of all answers of up to `depth` tokens. */
async function exhaustive(model: Model, prompt: number[], depth: number, lengthPenalty: number) {
  const logitsAfter = referenceLogits(model, prompt.length + depth);
  let best = { tokens: [] as number[], score: -Infinity };
  const visit = async (tokens: number[], sum: number): Promise<void> => {
    if (tokens.length === depth || tokens.at(-1) === STOP) {
      const score = sum / tokens.length ** lengthPenalty;
      if (score > best.score) best = { tokens, score };
      return;
    }
    const logits = await logitsAfter([...prompt, ...tokens]);
    const logSumExp = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
    for (let token = 0; token < logits.length; token++) {
      await visit([...tokens, token], sum + logits[token] - logSumExp);
    }
  };
  await visit([], 0);
  return best;
}

describe('beam search', () => {
  it.each([
    [1, [1, 2]],
    [0, [1, 2]],
    [2, [0]],
    [-1, [3, 3, 1]],
    [1, [2, 0, 0, 1]],
  ])('finds the best of all answers with enough beams: length penalty %d', async (lengthPenalty, prompt) => {
    const model = await tinyModel();
    const options = { maxNewTokens: 4, numBeams: 300, lengthPenalty, earlyStopping: 'never' } as const;
    const [result] = await createGenerator(model).generate({ prompts: [prompt], ...options });
    const { tokens } = await exhaustive(model, prompt, 4, lengthPenalty);
    expect(result.tokens).toEqual(tokens);
    expect(result.finishReason).toBe(tokens.at(-1) === STOP ? 'stop' : 'length');
  });

  it.each(['llama-gqa-tied', 'qwen3', 'gpt2'])('gives each beam its own cache: %s', async (name) => {
    const model = await goldenModel(name);
    const prompts = [[1, 5, 9], [1], [3, 30, 40, 41, 42]];
    const options = { maxNewTokens: 14, numBeams: 4, stopTokenIds: [] };
    const results = await createGenerator(model).generate({ prompts, ...options });
    for (const [i, { tokens, logProbs }] of results.entries()) {
      expectClose(logProbs, await learnerLogProbs(model, prompts[i], tokens, 1), {
        rtol: 1e-5,
        name: `prompt ${i}`,
      });
    }
  });

  it('finds answers at least as probable as greedy search, with every earlyStopping', async () => {
    const model = await tinyModel();
    const generator = createGenerator(model);
    const prompts = [[1, 2], [3], [0, 1]];
    const options = { prompts, maxNewTokens: 10, stopTokenIds: [] };
    const sum = (logProbs: Float32Array) => logProbs.reduce((total, logProb) => total + logProb, 0);
    const greedy = await generator.generate({ ...options, doSample: false });
    for (const earlyStopping of [true, false, 'never'] as const) {
      const beams = await generator.generate({ ...options, numBeams: 8, earlyStopping });
      beams.forEach(({ logProbs }, i) => {
        expect(sum(logProbs)).toBeGreaterThanOrEqual(sum(greedy[i].logProbs) - 1e-4);
      });
    }
  });

  it('excludes stop tokens before minNewTokens', async () => {
    const model = await tinyModel();
    const request = { prompts: [[1, 2]], maxNewTokens: 6, minNewTokens: 5, numBeams: 4 };
    const [{ tokens }] = await createGenerator(model).generate(request);
    expect(tokens.slice(0, 5)).not.toContain(STOP);
  });

  it('returns the same answer alone and after others, and ends on abort', async () => {
    const generator = createGenerator(await tinyModel());
    const request = { maxNewTokens: 8, numBeams: 3 };
    const together = await generator.generate({ prompts: [[1], [2, 3, 0], [0]], ...request });
    const [alone] = await generator.generate({ prompts: [[2, 3, 0]], ...request });
    expect(alone).toEqual(together[1]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(generator.generate({ prompts: [[1]], ...request, signal })).rejects.toThrow('enough');
  });
});
