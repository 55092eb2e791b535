import { createGenerator } from '../generator';
import type { GenerateOptions, TokenEvent } from '../options/generate-options';
import { OrtWorkspace } from '../ort/ort-workspace';
import type { TokenConstraint } from '../sampling/token-constraint';
import { greedyAnswer } from '../testing/forward';
import { goldenModel } from '../testing/golden-model';

const PROMPTS = Array.from({ length: 9 }, (_, i) =>
  Array.from({ length: 1 + ((i * 5) % 7) }, (_, t) => 3 + ((i * 11 + t * 7) % 44)),
);
const SAMPLED = { maxNewTokens: 20, seed: 9, temperature: 1.2, stopTokenIds: [3, 17, 30] };

describe('continuous batching', () => {
  it.each(['llama-gqa-tied', 'gpt2'])(
    'returns the same answer to a prompt in any batch: %s',
    async (name) => {
      const generator = createGenerator(await goldenModel(name), { batchSize: 16 });
      const together = await generator.generate({ prompts: PROMPTS, ...SAMPLED, maxNewTokens: 12 });
      const lengths = new Set(together.map(({ tokens }) => tokens.length));
      expect(lengths.size).toBeGreaterThan(2);
      for (const batchSize of [1, 2, 5]) {
        const some = await generator.generate({ prompts: PROMPTS, ...SAMPLED, maxNewTokens: 12, batchSize });
        expect(some.map(({ tokens }) => tokens)).toEqual(together.map(({ tokens }) => tokens));
      }
    },
  );

  it('depends on the seed and is reproducible', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const tokens = async (seed: number) =>
      (await generator.generate({ prompts: PROMPTS, ...SAMPLED, seed })).map((result) => result.tokens);
    expect(await tokens(1)).toEqual(await tokens(1));
    expect(await tokens(1)).not.toEqual(await tokens(2));
  });

  it('shares the batch among concurrent calls', async () => {
    const generator = createGenerator(await goldenModel('qwen2'), { batchSize: 4 });
    const alone = await generator.generate({ prompts: PROMPTS, ...SAMPLED });
    const both = await Promise.all([
      generator.generate({ prompts: PROMPTS, ...SAMPLED }),
      generator.generate({ prompts: PROMPTS.slice(3), maxNewTokens: 40, doSample: false, stopTokenIds: [] }),
    ]);
    expect(both[0].map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
    expect(both[1].every(({ tokens }) => tokens.length === 40)).toBe(true);
  });

  it('prefills long prompts in chunks between the steps of other rows, with the same answers', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 4096 });
    const options = { doSample: false, stopTokenIds: [], maxNewTokens: 6 };
    const long = (length: number) => Array.from({ length }, (_, t) => 3 + ((t * t + length) % 44));
    const prompts = [long(1300), long(600), PROMPTS[3], long(513), long(512)];
    const whole = await Promise.all(prompts.map((prompt) => greedyAnswer(model, prompt, 6)));
    const generator = createGenerator(model, { batchSize: 4 });
    const order: string[] = [];
    const short = generator.generate({
      ...options,
      prompts: [PROMPTS[0]],
      maxNewTokens: 40,
      onToken: () => void order.push('short'),
    });
    const answers = await generator.generate({ ...options, prompts, onToken: () => void order.push('long') });
    expect(answers.map(({ tokens }) => tokens)).toEqual(whole);
    // The first prompt has three chunks, and the short answer continued between them.
    expect(order.indexOf('long')).toBeGreaterThanOrEqual(3);
    expect((await short)[0].tokens).toEqual(
      (await createGenerator(model).generate({ ...options, prompts: [PROMPTS[0]], maxNewTokens: 40 }))[0]
        .tokens,
    );
  });

  it('stops the prefill of an aborted prompt', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 4096 });
    const generator = createGenerator(model, { batchSize: 2 });
    const controller = new AbortController();
    const options = { maxNewTokens: 3, stopTokenIds: [], doSample: false };
    const prompts = [Array.from({ length: 3000 }, () => 5)];
    const abandoned = generator.generate({ ...options, prompts, signal: controller.signal });
    const others = generator.generate({ ...options, prompts: PROMPTS });
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('gone'));
    await expect(abandoned).rejects.toThrow('gone');
    expect((await others).map(({ tokens }) => tokens)).toEqual(
      (await createGenerator(model).generate({ ...options, prompts: PROMPTS })).map(({ tokens }) => tokens),
    );
    expect(generator.load).toEqual({ running: 0, waiting: 0 });
  });

  it('reports the most probable tokens without changing the sampled ones', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const options = { prompts: PROMPTS, maxNewTokens: 8, doSample: false, stopTokenIds: [] };
    const plain = await generator.generate(options);
    const reported = PROMPTS.map((): [number, number][] => []);
    const onToken = ({ index, token, top, logProb }: TokenEvent) => {
      expect(top).toHaveLength(3);
      expect(top[0].token).toBe(token);
      expect(top[0].logProb).toBe(logProb);
      expect(top[1].logProb).toBeLessThanOrEqual(top[0].logProb);
      reported[index].push([token, logProb]);
    };
    const answers = await generator.generate({ ...options, topLogProbs: 3, onToken });
    expect(answers.map(({ tokens }) => tokens)).toEqual(plain.map(({ tokens }) => tokens));
    expect(reported.map((row) => row.map(([token]) => token))).toEqual(plain.map(({ tokens }) => tokens));
  });

  it('never repeats a token that a penalty forbids', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const options = { prompts: [PROMPTS[1]], maxNewTokens: 20, doSample: false, stopTokenIds: [] };
    const [{ tokens }] = await generator.generate({ ...options, presencePenalty: 1000 });
    expect(new Set(tokens).size).toBe(20);
    const logitBias = new Map([[7, 1000]]);
    expect((await generator.generate({ ...options, logitBias }))[0].tokens).toEqual(new Array(20).fill(7));
  });

  it('grows the cache while rows are active, and reuses it afterwards', async () => {
    const model = await goldenModel('llama-gqa-tied', { maxPositionEmbeddings: 512 });
    const options = { doSample: false, stopTokenIds: [] };
    const long = { prompts: [PROMPTS[1]], maxNewTokens: 150, ...options };
    const expected = await createGenerator(model).generate(long);
    const generator = createGenerator(model, { batchSize: 3 });
    expect(generator.kvCacheBytes).toBe(0);
    const longer = { prompts: [PROMPTS[2]], maxNewTokens: 300, ...options };
    const joined: Promise<unknown>[] = [];
    const [first] = await generator.generate({
      ...long,
      onToken: () => {
        if (joined.length === 0) joined.push(generator.generate(longer));
      },
    });
    await Promise.all(joined);
    expect(first.tokens).toEqual(expected[0].tokens);
    // 2 layers, keys and values, 2 rows, 2 heads, 320 positions, 8 dimensions, 4 bytes
    expect(generator.kvCacheBytes).toBe(2 * 2 * 2 * 2 * 320 * 8 * 4);
    await generator.generate(long);
    expect(generator.kvCacheBytes).toBe(2 * 2 * 2 * 2 * 320 * 8 * 4);
  });
});

describe('the end of an answer', () => {
  const ask = async (options: Partial<GenerateOptions>, prompt = [1, 7, 9, 4]) => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    return (
      await generator.generate({ prompts: [prompt], maxNewTokens: 30, doSample: false, ...options })
    )[0];
  };

  it('is a stop token, which is part of the answer', async () => {
    const { tokens: all } = await ask({ stopTokenIds: [] });
    const stop = all[6];
    const { tokens, logProbs, finishReason } = await ask({ stopTokenIds: [stop] });
    expect(tokens).toEqual(all.slice(0, all.indexOf(stop) + 1));
    expect(logProbs).toHaveLength(tokens.length);
    expect(finishReason).toBe('stop');
  });

  it('comes at no stop token before minNewTokens', async () => {
    const every = Array.from({ length: 40 }, (_, token) => token);
    const { tokens } = await ask({ stopTokenIds: every, minNewTokens: 5, doSample: true });
    expect(tokens.slice(0, 5).every((token) => token >= 40)).toBe(true);
  });

  it('comes when the positions of the model are exhausted', async () => {
    const prompt = new Array(60).fill(5);
    const { tokens, finishReason } = await ask({ stopTokenIds: [] }, prompt);
    expect(tokens).toHaveLength(4);
    expect(finishReason).toBe('length');
  });

  it('comes when onToken returns true', async () => {
    const seen: number[] = [];
    const { tokens, finishReason } = await ask({
      stopTokenIds: [],
      onToken: async ({ token, index, logProb }) => {
        expect(index).toBe(0);
        expect(logProb).toBeLessThanOrEqual(0);
        seen.push(token);
        return seen.length === 3;
      },
    });
    expect(tokens).toEqual(seen);
    expect(tokens).toHaveLength(3);
    expect(finishReason).toBe('stop');
  });
});

describe('failures', () => {
  it('names the prompt and token of a NaN, and recovers with sound weights', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const generator = createGenerator(model);
    const norm = model.trained.get('model.norm.weight').data;
    const kept = norm.slice();
    for (const doSample of [true, false]) {
      norm.fill(Number.NaN);
      await expect(generator.generate({ prompts: PROMPTS, maxNewTokens: 4, doSample })).rejects.toThrow(
        /the model computed NaN for prompt \d at new token 0; its weights are damaged/,
      );
      norm.set(kept);
      await expect(generator.generate({ prompts: PROMPTS, maxNewTokens: 4 })).resolves.toHaveLength(9);
    }
  });

  it('rejects prompts for which there is no memory, and recovers', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const options = { prompts: PROMPTS, maxNewTokens: 4 };
    const reserve = jest.spyOn(OrtWorkspace.prototype, 'reserve').mockImplementationOnce(() => {
      throw new Error('not enough memory');
    });
    await expect(generator.generate(options)).rejects.toThrow('not enough memory');
    reserve.mockRestore();
    await expect(generator.generate(options)).resolves.toHaveLength(9);
  });

  it('ends all rows on abort, before and during generation, and frees them', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'), { batchSize: 2 });
    const options = { prompts: PROMPTS, maxNewTokens: 30, stopTokenIds: [] };
    const early = AbortSignal.abort(new Error('too early'));
    await expect(generator.generate({ ...options, signal: early })).rejects.toThrow('too early');
    const controller = new AbortController();
    let count = 0;
    const onToken = () => {
      if (++count === 5) controller.abort(new Error('enough'));
    };
    await expect(generator.generate({ ...options, onToken, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(count).toBeLessThan(9);
    await expect(generator.generate({ ...options, maxNewTokens: 2 })).resolves.toHaveLength(9);
  });

  it('reports an error of a callback only to its own call', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const options = { prompts: PROMPTS, maxNewTokens: 8 };
    const other = generator.generate(options);
    const onToken = async () => {
      throw new Error('from the callback');
    };
    await expect(generator.generate({ ...options, onToken })).rejects.toThrow('from the callback');
    const onFinish = onToken;
    await expect(generator.generate({ ...options, onFinish })).rejects.toThrow('from the callback');
    await expect(other).resolves.toHaveLength(9);
  });

  it('refuses head sizes that the attention kernel does not support, and an invalid batch size', async () => {
    const model = await goldenModel('llama-gqa-tied');
    const config = { ...model.config, headDim: 12 };
    expect(() => createGenerator({ ...model, config })).toThrow(
      'headDim is 12, but the attention kernel needs',
    );
    expect(() => createGenerator(model, { batchSize: 0 })).toThrow('batchSize is 0; expected a whole number');
  });

  it('applies the constraint of one answer without a change to the others', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'), { batchSize: 4 });
    const options = { prompts: PROMPTS.slice(0, 3), maxNewTokens: 8, stopTokenIds: [], seed: 4 };
    const free = await generator.generate(options);
    const only = (token: number, length: number) => {
      let count = 0;
      const words = new Uint32Array(2);
      words[token >>> 5] = 1 << (token & 31);
      return { allowed: () => words, accept: () => ++count === length };
    };
    const failing = {
      allowed: () => {
        throw new Error('too complex');
      },
      accept: () => false,
    };
    const one = (constraint: TokenConstraint) =>
      generator.generate({ ...options, prompts: [PROMPTS[3]], constraint: () => constraint });
    const [others, same, bad] = await Promise.allSettled([
      generator.generate(options),
      one(only(37, 3)),
      one(failing),
    ]);
    expect(others).toMatchObject({ value: free });
    expect(same).toMatchObject({ value: [{ tokens: [37, 37, 37], finishReason: 'stop' }] });
    expect(bad).toMatchObject({ reason: { message: 'too complex' } });
  });
});
