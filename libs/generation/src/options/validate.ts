import type { ModelConfig } from '@open-chatgpt/models';
import type { GenerateOptions } from './generate-options';

type Numbers = { [K in keyof GenerateOptions as number extends GenerateOptions[K] ? K : never]-?: unknown };

interface Rule {
  accepts: (value: number) => boolean;
  expected: string;
}

const whole = (least: number): Rule => ({
  accepts: (value) => Number.isSafeInteger(value) && value >= least,
  expected: `a whole number ≥ ${least}`,
});

const RULES: Record<keyof Numbers & string, Rule> = {
  maxNewTokens: whole(1),
  minNewTokens: whole(0),
  temperature: {
    accepts: (value) => value > 0 && Number.isFinite(value),
    expected: 'a number above 0 (set doSample: false for the most probable token)',
  },
  topK: whole(0),
  topP: { accepts: (value) => value > 0 && value <= 1, expected: 'a number in (0, 1]' },
  minP: { accepts: (value) => value >= 0 && value <= 1, expected: 'a number in [0, 1]' },
  repetitionPenalty: {
    accepts: (value) => value > 0 && Number.isFinite(value),
    expected: 'a number above 0 (1 changes nothing, 1.1 is mild)',
  },
  frequencyPenalty: { accepts: Number.isFinite, expected: 'a number (0 changes nothing)' },
  presencePenalty: { accepts: Number.isFinite, expected: 'a number (0 changes nothing)' },
  topLogProbs: whole(0),
  priority: { accepts: Number.isSafeInteger, expected: 'a whole number' },
  seed: { accepts: Number.isSafeInteger, expected: 'a whole number' },
  firstIndex: whole(0),
  batchSize: whole(1),
  numBeams: whole(1),
  lengthPenalty: { accepts: Number.isFinite, expected: 'a number (1 divides by the length, 0 does not)' },
};

/** Options that beam search does not support. */
const NOT_WITH_BEAMS = [
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'frequencyPenalty',
  'presencePenalty',
  'logitBias',
  'topLogProbs',
  'constraint',
  'onToken',
] as const;

/** @throws Error naming the option, value and remedy */
export function validateOptions(options: Omit<GenerateOptions, 'prompts'>, config: ModelConfig): void {
  for (const [name, { accepts, expected }] of Object.entries(RULES)) {
    const value = (options as Record<string, unknown>)[name];
    const missing = value === undefined && name !== 'maxNewTokens';
    if (!missing && !(typeof value === 'number' && accepts(value))) {
      throw new Error(`generate: ${name} is ${value}; expected ${expected}`);
    }
  }
  const { minNewTokens = 0, maxNewTokens, stopTokenIds = [] } = options;
  if (minNewTokens > maxNewTokens) {
    throw new Error(`generate: minNewTokens ${minNewTokens} is above maxNewTokens ${maxNewTokens}`);
  }
  checkBeams(options);
  stopTokenIds.forEach((token) => {
    checkToken(token, 'stopTokenIds holds', config);
  });
  for (const [token, bias] of options.logitBias ?? []) {
    checkToken(token, 'logitBias names', config);
    if (!Number.isFinite(bias))
      throw new Error(`generate: logitBias of token ${token} is ${bias}; expected a number`);
  }
}

function checkBeams(options: Omit<GenerateOptions, 'prompts'>): void {
  const { numBeams = 1, doSample, earlyStopping = false } = options;
  if (![true, false, 'never'].includes(earlyStopping)) {
    throw new Error(`generate: earlyStopping is ${earlyStopping}; expected true, false or 'never'`);
  }
  if (numBeams === 1) return;
  const name = NOT_WITH_BEAMS.find((option) => options[option] !== undefined);
  const conflict = doSample ? 'doSample: true' : name;
  if (conflict) {
    throw new Error(`generate: numBeams ${numBeams} cannot be combined with ${conflict}; omit one of them`);
  }
}

/** @throws Error naming the prompt that is empty, too long or holds an unknown token */
export function validatePrompt(prompt: readonly number[], index: number, config: ModelConfig): void {
  if (prompt.length === 0) {
    throw new Error(
      `generate: prompt ${index} is empty; give at least one token, such as bosTokenId ${config.bosTokenId ?? '(this model has none)'}`,
    );
  }
  if (prompt.length >= config.maxPositionEmbeddings) {
    throw new Error(
      `generate: prompt ${index} has ${prompt.length} tokens, which leaves no room for an answer; the model has ` +
        `${config.maxPositionEmbeddings} positions (maxPositionEmbeddings). Shorten the prompt.`,
    );
  }
  for (const token of prompt) checkToken(token, `prompt ${index} holds`, config);
}

function checkToken(token: number, where: string, { vocabSize }: ModelConfig): void {
  if (Number.isInteger(token) && token >= 0 && token < vocabSize) return;
  throw new Error(
    `generate: ${where} token ${token}, but the model's vocabulary is 0 … ${vocabSize - 1}; ` +
      'is this the tokenizer of another model?',
  );
}
