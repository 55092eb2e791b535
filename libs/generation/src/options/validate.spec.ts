import { goldenModel } from '../testing/golden-model';
import type { GenerateOptions } from './generate-options';
import { validateOptions, validatePrompt } from './validate';

const config = goldenModel('llama-gqa-tied').then((model) => model.config);

describe('validateOptions', () => {
  it('accepts every option at its limits', async () => {
    validateOptions({ maxNewTokens: 1 }, await config);
    validateOptions(
      {
        maxNewTokens: 3,
        minNewTokens: 3,
        temperature: 1e-3,
        topK: 0,
        topP: 1,
        minP: 1,
        repetitionPenalty: 0.5,
        frequencyPenalty: -2,
        presencePenalty: 2,
        logitBias: new Map([[47, -100]]),
        topLogProbs: 0,
        seed: -1,
        batchSize: 1,
        stopTokenIds: [0, 47],
      },
      await config,
    );
    const beams = { numBeams: 4, lengthPenalty: -1, earlyStopping: 'never', doSample: false } as const;
    validateOptions({ maxNewTokens: 1, ...beams }, await config);
  });

  it.each<[Partial<Record<keyof GenerateOptions, unknown>>, string]>([
    [{ maxNewTokens: undefined }, 'generate: maxNewTokens is undefined; expected a whole number ≥ 1'],
    [{ maxNewTokens: 0 }, 'generate: maxNewTokens is 0; expected a whole number ≥ 1'],
    [{ maxNewTokens: 1.5 }, 'generate: maxNewTokens is 1.5; expected a whole number ≥ 1'],
    [{ maxNewTokens: '8' }, 'generate: maxNewTokens is 8; expected a whole number ≥ 1'],
    [{ minNewTokens: -1 }, 'generate: minNewTokens is -1; expected a whole number ≥ 0'],
    [{ minNewTokens: 9 }, 'generate: minNewTokens 9 is above maxNewTokens 8'],
    [
      { temperature: 0 },
      'temperature is 0; expected a number above 0 (set doSample: false for the most probable token)',
    ],
    [{ temperature: Number.NaN }, 'temperature is NaN'],
    [{ topK: 2.5 }, 'topK is 2.5; expected a whole number ≥ 0'],
    [{ topP: 0 }, 'topP is 0; expected a number in (0, 1]'],
    [{ topP: 1.01 }, 'topP is 1.01'],
    [{ minP: -0.1 }, 'minP is -0.1; expected a number in [0, 1]'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty is 0; expected a number above 0'],
    [{ frequencyPenalty: Number.NaN }, 'frequencyPenalty is NaN; expected a number (0 changes nothing)'],
    [{ presencePenalty: '1' }, 'presencePenalty is 1; expected a number'],
    [{ topLogProbs: -1 }, 'topLogProbs is -1; expected a whole number ≥ 0'],
    [{ logitBias: new Map([[48, 1]]) }, "logitBias names token 48, but the model's vocabulary is 0 … 47"],
    [{ logitBias: new Map([[4, Number.NaN]]) }, 'logitBias of token 4 is NaN; expected a number'],
    [{ numBeams: 2, logitBias: new Map() }, 'numBeams 2 cannot be combined with logitBias'],
    [{ seed: 0.5 }, 'seed is 0.5; expected a whole number'],
    [{ priority: 0.5 }, 'priority is 0.5; expected a whole number'],
    [{ batchSize: 0 }, 'batchSize is 0; expected a whole number ≥ 1'],
    [{ stopTokenIds: [2, 48] }, "stopTokenIds holds token 48, but the model's vocabulary is 0 … 47"],
    [{ numBeams: 0 }, 'numBeams is 0; expected a whole number ≥ 1'],
    [{ lengthPenalty: Number.POSITIVE_INFINITY }, 'lengthPenalty is Infinity; expected a number'],
    [{ earlyStopping: 'soon' }, "earlyStopping is soon; expected true, false or 'never'"],
    [{ numBeams: 2, doSample: true }, 'numBeams 2 cannot be combined with doSample: true'],
    [{ numBeams: 2, topK: 5 }, 'numBeams 2 cannot be combined with topK'],
    [{ numBeams: 2, onToken: () => {} }, 'numBeams 2 cannot be combined with onToken'],
  ])('refuses %j', async (change, message) => {
    const options = { maxNewTokens: 8, ...change } as GenerateOptions;
    const settings = await config;
    expect(() => validateOptions(options, settings)).toThrow(message);
  });
});

describe('validatePrompt', () => {
  it.each<[string, number[], string]>([
    ['an empty prompt', [], 'generate: prompt 3 is empty; give at least one token, such as bosTokenId 1'],
    [
      'a prompt that fills the context',
      new Array(64).fill(1),
      'prompt 3 has 64 tokens, which leaves no room',
    ],
    ['a token beyond the vocabulary', [1, 48], 'prompt 3 holds token 48'],
    ['a negative token', [-1], 'prompt 3 holds token -1'],
    ['a fraction', [1.5], 'prompt 3 holds token 1.5'],
  ])('refuses %s', async (_, prompt, message) => {
    const settings = await config;
    expect(() => validatePrompt(prompt, 3, settings)).toThrow(message);
  });

  it('accepts one that leaves room for one token', async () => {
    expect(validatePrompt(new Array(63).fill(47), 0, await config)).toBeUndefined();
  });
});
