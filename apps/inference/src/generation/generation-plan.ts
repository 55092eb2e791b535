import { randomInt } from 'node:crypto';
import { type GenerateTextOptions, samplingFor } from '@open-chatgpt/generation';
import { GrammarError } from '@open-chatgpt/grammar';
import type { LoadedModel } from '../models/loaded-model';
import { invalidRequest } from '../openai/openai-error';
import type { SamplingRequest } from '../openai/sampling-fields';
import {
  type RequestedStructure,
  requestedStructure,
  type StructureRequest,
} from '../openai/structure-fields';
import { checkTokenIds } from '../openai/token-ids';
import type { ToolUse } from '../openai/tool-fields';
import { callForm } from '../tools/call-form';
import { beamOptions } from './beam-options';

export type TextOptions = Omit<GenerateTextOptions, 'prompts' | 'onText' | 'onToken' | 'signal'> & {
  seed: number;
  stopTokenIds: readonly number[];
};

/** The choices of a request, as libs/generation takes them. */
export interface GenerationPlan {
  /** One for each choice: each prompt n times. */
  prompts: readonly (readonly number[])[];
  options: TextOptions;
  promptTokens: number;
  /** The number of most probable tokens to report with each token of the prompts; null reports none of these tokens. */
  promptLogProbs: number | null;
}

type StructuredRequest = StructureRequest & {
  toolUse?: ToolUse | null;
  /** Whether the answer begins with the prompt. */
  echo?: boolean;
};

/**
 * @param logProbs the number of most probable tokens to report with each token; null reports no log-probabilities
 * @param chat whether the text is a turn of a conversation, which the chat template ends
 * @throws OpenAiError when prompt and completion exceed the context of the model, or a token id exceeds its vocabulary
 */
export function planGeneration(
  model: LoadedModel,
  whole: readonly (readonly number[])[],
  request: SamplingRequest & StructuredRequest,
  logProbs: number | null,
  chat: boolean,
): GenerationPlan {
  const topLogProbs = logProbs ?? 0;
  const { n, max_tokens: maxTokens, min_tokens: minNewTokens = 0, ignore_eos: ignoreEos = false } = request;
  const { truncate_prompt_tokens: most } = request;
  const prompts = most === undefined ? whole : whole.map((prompt) => prompt.slice(-most));
  const longest = Math.max(...prompts.map(({ length }) => length));
  const field = chat ? 'messages' : 'prompt';
  checkLength(field, longest, maxTokens, model.maxLength);
  const maxNewTokens = maxTokens ?? Math.min(defaultLength(model), model.maxLength - longest);
  if (minNewTokens > maxNewTokens) {
    throw invalidRequest(`min_tokens ${minNewTokens} is above max_tokens ${maxNewTokens}`, 'min_tokens');
  }
  checkTokens(model, prompts, request);
  const template = chat ? model.template : null;
  const stopStrings = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []);
  const stopTokens = request.stop_token_ids ?? [];
  const modelStopTokens = template?.stopTokenIds ?? model.generator.model.config.eosTokenIds;
  const stopTokenIds = ignoreEos ? stopTokens : [...stopTokens, ...modelStopTokens];
  return {
    prompts: prompts.flatMap((prompt) => new Array<readonly number[]>(n).fill(prompt)),
    promptTokens: prompts.reduce((sum, { length }) => sum + length, 0),
    promptLogProbs: requestedOfPrompt(request, logProbs),
    options: {
      ...(request.num_beams > 1
        ? beamOptions(request, topLogProbs)
        : { ...sampling(model, request), topLogProbs }),
      maxNewTokens,
      minNewTokens,
      seed: request.seed ?? randomInt(2 ** 47),
      stop: ignoreEos ? stopStrings : [...stopStrings, ...(template?.stop ?? [])],
      stopTokenIds,
      cacheSalt: request.cache_salt,
      priority: request.priority,
      ...constraintOf(model, request, stopTokenIds),
    },
  };
}

/** The longest answer, in tokens, where neither the request nor the model names a length. */
const DEFAULT_MAX_TOKENS = 2048;

function defaultLength({ generationConfig }: LoadedModel): number {
  const configured = generationConfig?.max_new_tokens;
  return Number.isSafeInteger(configured) && Number(configured) > 0 ? Number(configured) : DEFAULT_MAX_TOKENS;
}

/** What a request asks of its prompt: `prompt_logprobs`, or log-probabilities of an answer that begins with the prompt. */
function requestedOfPrompt(
  { prompt_logprobs: ofPrompt, echo }: SamplingRequest & StructuredRequest,
  ofAnswer: number | null,
): number | null {
  const counts = [ofPrompt ?? null, echo ? ofAnswer : null].filter((count) => count !== null);
  return counts.length === 0 ? null : Math.max(...counts);
}

/** The calls that an answer must consist of. */
function forcedCalls(
  template: LoadedModel['template'],
  toolUse: ToolUse | null | undefined,
): RequestedStructure | null {
  if (!toolUse?.forced || !template) return null;
  const functions = toolUse.tools.map((tool) => ({
    name: tool.function.name,
    parameters: tool.function.parameters ?? { type: 'object' },
  }));
  const { parallel } = toolUse;
  return { field: 'tools', structure: { kind: 'calls', form: callForm(template), functions, parallel } };
}

function constraintOf(
  { grammars, template }: LoadedModel,
  request: SamplingRequest & StructuredRequest,
  stopTokenIds: readonly number[],
): Pick<TextOptions, 'constraint'> {
  const requested = requestedStructure(request) ?? forcedCalls(template, request.toolUse);
  if (!requested) return {};
  const { structure, field } = requested;
  if (request.num_beams > 1)
    throw invalidRequest(`num_beams cannot be combined with ${field}; leave one of them out`, field);
  try {
    const grammar = grammars.compile(structure);
    return { constraint: () => grammar.matcher(stopTokenIds) };
  } catch (error) {
    if (error instanceof GrammarError) throw invalidRequest(`${field}: ${error.message}`, field);
    throw error;
  }
}

function sampling({ generationConfig }: LoadedModel, request: SamplingRequest) {
  const requested = {
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    minP: request.min_p,
    repetitionPenalty: request.repetition_penalty,
    frequencyPenalty: request.frequency_penalty,
    presencePenalty: request.presence_penalty,
    logitBias: new Map(Object.entries(request.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias])),
  };
  return samplingFor(requested, generationConfig);
}

function checkLength(
  field: string,
  promptTokens: number,
  maxTokens: number | undefined,
  maxLength: number,
): void {
  const needed = promptTokens + (maxTokens ?? 1);
  if (needed <= maxLength) return;
  const parts = `${promptTokens} of the prompt and ${maxTokens ?? 'at least 1'} of the completion`;
  throw invalidRequest(
    `this model's context is ${maxLength} tokens, the request needs ${needed}: ${parts}; shorten one of them`,
    maxTokens === undefined || promptTokens >= maxLength ? field : 'max_tokens',
    'context_length_exceeded',
  );
}

function checkTokens(
  { generator }: LoadedModel,
  prompts: readonly (readonly number[])[],
  { logit_bias: bias = {}, stop_token_ids: stop = [] }: SamplingRequest,
): void {
  const { vocabSize } = generator.model.config;
  checkTokenIds('logit_bias', Object.keys(bias).map(Number), vocabSize);
  checkTokenIds('stop_token_ids', stop, vocabSize);
  for (const prompt of prompts) checkTokenIds('prompt', prompt, vocabSize);
  if (prompts.some(({ length }) => length === 0)) {
    throw invalidRequest('prompt: is empty; send at least one character or token', 'prompt');
  }
}
