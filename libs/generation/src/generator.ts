import type { Model } from '@open-chatgpt/models';
import { createRng, type Rng } from '@open-chatgpt/random';
import { ContinuousBatching, type Speculation } from './batching/continuous-batching';
import { mapWithConcurrency } from './batching/map-with-concurrency';
import { BeamQueue } from './beam/beam-queue';
import { createDecoder } from './decoder/create-decoder';
import type { Decoder } from './decoder/decoder';
import { type LogLikelihood, logLikelihood } from './log-likelihood';
import type { DecodingOptions } from './options/decoding-options';
import type { GenerateOptions, Generation } from './options/generate-options';
import { withSamplingDefaults } from './options/sampling-defaults';
import { validateOptions, validatePrompt } from './options/validate';
import { OrtDecoder } from './ort/ort-decoder';
import { draftModel } from './speculation/draft-model';
import type { SpeculationCounts } from './speculation/drafter';
import { promptLookup } from './speculation/prompt-lookup';

export interface GeneratorOptions extends DecodingOptions {
  /** Largest number of prompts in the batch, over all calls. Default 32. */
  batchSize?: number;
  /** Whether a prompt reuses the keys and values of another one that begins alike. Default true. */
  sharePrefixes?: boolean;
  /** Bytes for the keys and values of finished prompts and answers, which later prompts reuse. Only with frozen weights. Default 0. */
  prefixCacheBytes?: number;
  /** Reads guesses of the next tokens with one step, while a single row is in the batch. Only on the CPU. Default: no guesses. */
  speculation?: SpeculationOptions;
}

export interface SpeculationOptions {
  /** Most tokens of a draft. */
  numSpeculativeTokens: number;
  /** Drafts are greedy answers of this model, which has the same vocabulary; by default what followed the last tokens before. */
  draft?: Generator;
}

/** Generates token sequences with a model. For text see `generateText`. */
export interface Generator {
  readonly model: Model;
  /** Current size of the key-value cache. */
  readonly kvCacheBytes: number;
  /** Prompts in the batch, and prompts that wait for a row. Beam search does not count. */
  readonly load: { running: number; waiting: number };
  /** Of all drafts so far. */
  readonly speculationCounts: Readonly<SpeculationCounts>;
  /**
   * Returns the answers in the order of the prompts. Concurrent calls share the batch.
   * @throws Error for an invalid option or prompt, before anything is generated; when the model computes NaN; on abort
   */
  generate(options: GenerateOptions): Promise<Generation[]>;
  /** The log-likelihood of windows of tokens of one length. */
  logLikelihood(windows: readonly (readonly number[])[]): Promise<LogLikelihood>;
}

const DEFAULT_BATCH_SIZE = 32;

/** Compiles a model for generation. Reads the weights in place, so the generator stays valid while they are trained. */
export function createGenerator(model: Model, options: GeneratorOptions = {}): Generator {
  const {
    batchSize = DEFAULT_BATCH_SIZE,
    sharePrefixes = true,
    prefixCacheBytes = 0,
    speculation,
    ...decodingOptions
  } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new Error(`createGenerator: batchSize is ${batchSize}; expected a whole number ≥ 1`);
  }
  if (prefixCacheBytes > 0 && model.trained.all.length > 0) {
    throw new Error(
      `createGenerator: prefixCacheBytes is ${prefixCacheBytes}, but training may change the weights, and kept keys and ` +
        'values would be those of the old ones; use 0, or freeze the model',
    );
  }
  // What is returned must not refer to `options`: it has the quantized weights, of which the decoder makes a copy.
  const { adapters = false } = decodingOptions;
  const decoder = createDecoder(model, decodingOptions);
  const batching = new ContinuousBatching(decoder, {
    maxRows: batchSize,
    sharePrefixes,
    prefixCacheBytes,
    speculation: speculation ? openSpeculation(model, decoder, speculation) : null,
  });
  const beams = new BeamQueue(decoder);
  return {
    model,
    get kvCacheBytes() {
      return batching.kvCacheBytes + beams.kvCacheBytes;
    },
    get load() {
      return batching.load;
    },
    speculationCounts: batching.speculationCounts,
    async generate(request) {
      validateOptions(request, model.config);
      if (request.adapter && !adapters)
        throw new Error('generate: adapter needs a generator that was created with `adapters: true`');
      request.prompts.forEach((prompt, index) => {
        validatePrompt(prompt, index, model.config);
      });
      const answer = answerer(batching, beams, model, request, createRng(request.seed ?? 0));
      const concurrency = Math.min(request.batchSize ?? batchSize, batchSize);
      return mapWithConcurrency(request.prompts, concurrency, answer, request.signal);
    },
    logLikelihood: (windows) => logLikelihood(decoder, windows),
  };
}

/** @throws Error when the drafts could not be those of this model */
function openSpeculation(
  { config }: Model,
  decoder: Decoder,
  { numSpeculativeTokens, draft }: SpeculationOptions,
): Speculation {
  if (!Number.isSafeInteger(numSpeculativeTokens) || numSpeculativeTokens < 1)
    throw new Error(
      `createGenerator: numSpeculativeTokens is ${numSpeculativeTokens}; expected a whole number ≥ 1`,
    );
  if (!(decoder instanceof OrtDecoder))
    throw new Error(
      'createGenerator: drafts are verified on the CPU only; set OPEN_CHATGPT_DEVICE=cpu, or leave speculation out',
    );
  if (draft && draft.model.config.vocabSize !== config.vocabSize)
    throw new Error(
      `createGenerator: the draft model has ${draft.model.config.vocabSize} tokens and the model ${config.vocabSize}; ` +
        'choose a draft model with the same tokenizer',
    );
  return { maxTokens: numSpeculativeTokens, drafter: draft ? draftModel(draft) : promptLookup };
}

type Answer = (prompt: readonly number[], index: number, signal: AbortSignal) => Promise<Generation>;

/** The function that answers one prompt of a request. */
function answerer(
  batching: ContinuousBatching,
  beams: BeamQueue,
  { config }: Model,
  options: GenerateOptions,
  rng: Rng,
): Answer {
  const { minNewTokens = 0, numBeams = 1, lengthPenalty = 1, earlyStopping = false } = options;
  const {
    onToken,
    onFinish,
    topLogProbs = 0,
    firstIndex = 0,
    constraint,
    cacheSalt,
    priority = 0,
    adapter = null,
  } = options;
  const sampling = withSamplingDefaults(options);
  const stopTokenIds = new Set(options.stopTokenIds ?? config.eosTokenIds);
  const answer: Answer = async (prompt, index, signal) => {
    const maxNewTokens = Math.min(options.maxNewTokens, config.maxPositionEmbeddings - prompt.length);
    const common = { prompt, minNewTokens, maxNewTokens, stopTokenIds, adapter, signal };
    if (numBeams > 1) {
      const { temperature } = sampling;
      const search = { ...common, numBeams, lengthPenalty, earlyStopping, temperature };
      return { ...(await beams.search(search)), cachedTokens: 0 };
    }
    const stream = rng.fork(firstIndex + index);
    const restriction = constraint?.(index) ?? null;
    return batching.submit({
      ...common,
      index,
      sampling,
      topLogProbs,
      onToken,
      rng: stream,
      constraint: restriction,
      cacheSalt,
      priority,
    });
  };
  return async (prompt, index, signal) => {
    const generation = await answer(prompt, index, signal);
    await onFinish?.({ index, ...generation });
    return generation;
  };
}
