import { randomInt } from 'node:crypto';
import type { GenerateTextOptions } from '@open-chatgpt/generation';
import type { LoadedModel } from '../models/served-model';
import { invalid } from '../openai/openai-error';
import type { SamplingRequest } from '../openai/sampling-fields';

export type TextOptions = Omit<GenerateTextOptions, 'prompts' | 'onText' | 'onToken' | 'signal'> & {
  seed: number;
  stopTokenIds: readonly number[];
};

/** The answers that a request asks for, as libs/generation takes them. */
export interface GenerationPlan {
  /** One for each answer: each prompt n times. */
  prompts: readonly (readonly number[])[];
  options: TextOptions;
  promptTokens: number;
}

/** Nucleus sampling with p = 0 keeps the likeliest token. */
const SMALLEST_TOP_P = 1e-9;

/**
 * @param chat whether the answer is a turn of a conversation, which the template ends
 * @throws OpenAiError when prompt and answer do not fit into the model, or a token is not one of its
 */
export function planGeneration(
  model: LoadedModel,
  prompts: readonly (readonly number[])[],
  request: SamplingRequest,
  topLogProbs: number,
  chat: boolean,
): GenerationPlan {
  const { n, max_tokens: asked, min_tokens: minNewTokens = 0, ignore_eos: ignoreEos = false } = request;
  const longest = Math.max(...prompts.map(({ length }) => length));
  checkLength(longest, asked, model.maxLength);
  const maxNewTokens = asked ?? model.maxLength - longest;
  if (minNewTokens > maxNewTokens) {
    throw invalid(`min_tokens ${minNewTokens} is above max_tokens ${maxNewTokens}`, 'min_tokens');
  }
  checkTokens(model, prompts, request);
  const ends = chat && model.template ? model.template : null;
  const ownStop = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []);
  const ownStopTokens = request.stop_token_ids ?? [];
  const modelStopTokens = ends?.stopTokenIds ?? model.generator.model.config.eosTokenIds;
  return {
    prompts: prompts.flatMap((prompt) => new Array<readonly number[]>(n).fill(prompt)),
    promptTokens: prompts.reduce((sum, { length }) => sum + length, 0),
    options: {
      ...sampling(model, request),
      maxNewTokens,
      minNewTokens,
      topLogProbs,
      seed: request.seed ?? randomInt(2 ** 47),
      stop: ignoreEos ? ownStop : [...ownStop, ...(ends?.stop ?? [])],
      stopTokenIds: ignoreEos ? ownStopTokens : [...ownStopTokens, ...modelStopTokens],
    },
  };
}

/** The request first, then what the model's generation_config.json advises, then OpenAI's defaults. */
function sampling({ generationConfig }: LoadedModel, request: SamplingRequest) {
  const advice = (name: string) =>
    typeof generationConfig?.[name] === 'number' ? (generationConfig[name] as number) : undefined;
  const penalties = {
    repetitionPenalty: request.repetition_penalty ?? advice('repetition_penalty'),
    frequencyPenalty: request.frequency_penalty,
    presencePenalty: request.presence_penalty,
    logitBias: new Map(Object.entries(request.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias])),
  };
  const temperature = request.temperature ?? advice('temperature') ?? 1;
  if (temperature === 0) return { ...penalties, doSample: false };
  return {
    ...penalties,
    temperature,
    topP: Math.max(request.top_p ?? advice('top_p') ?? 1, SMALLEST_TOP_P),
    topK: Math.max(request.top_k ?? advice('top_k') ?? 0, 0),
    minP: request.min_p ?? advice('min_p'),
  };
}

function checkLength(prompt: number, answer: number | undefined, most: number): void {
  const wanted = prompt + (answer ?? 1);
  if (wanted <= most) return;
  const parts = `${prompt} of the prompt and ${answer ?? 'at least 1'} of the answer`;
  throw invalid(
    `this model reads and writes at most ${most} tokens, the request needs ${wanted}: ${parts}; shorten one of them`,
    answer === undefined || prompt >= most ? undefined : 'max_tokens',
    'context_length_exceeded',
  );
}

function checkTokens(
  { generator }: LoadedModel,
  prompts: readonly (readonly number[])[],
  { logit_bias: bias = {}, stop_token_ids: stop = [] }: SamplingRequest,
): void {
  const { vocabSize } = generator.model.config;
  const check = (param: string, ids: readonly number[]) => {
    const wrong = ids.find((id) => id >= vocabSize);
    if (wrong === undefined) return;
    throw invalid(`${param}: there is no token ${wrong}; the model has 0 … ${vocabSize - 1}`, param);
  };
  check('logit_bias', Object.keys(bias).map(Number));
  check('stop_token_ids', stop);
  for (const prompt of prompts) check('prompt', prompt);
  if (prompts.some(({ length }) => length === 0)) {
    throw invalid('prompt: is empty; give at least one character or token', 'prompt');
  }
}
