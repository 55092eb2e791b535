import type { Model } from '@open-chatgpt/models';
import { createRng, type Rng } from '@open-chatgpt/random';
import { BeamQueue } from './beam/beam-queue';
import { Decoder } from './decoder/decoder';
import type { DecodingOptions } from './graph/decoding-context';
import { DecodingLoop } from './loop/decoding-loop';
import { forEachAtOnce } from './loop/for-each-at-once';
import type { GenerateOptions, Generation } from './options/generate-options';
import { resolveSampling, validateOptions, validatePrompt } from './options/validate';

export interface GeneratorOptions extends DecodingOptions {
  /** Prompts decoded together at most, over all calls. Default 32. */
  batchSize?: number;
}

/** Generates token sequences with a model; tokenizers and text are elsewhere (`generateText`). */
export interface Generator {
  readonly model: Model;
  /** Memory of the key-value cache at this time. */
  readonly kvCacheBytes: number;
  /** Prompts being answered, and prompts that wait for a row of the batch; beam search is not counted. */
  readonly load: { running: number; waiting: number };
  /**
   * Answers in the order of the prompts. Several calls at a time share the batch.
   * @throws Error on a bad option or prompt, before anything is generated; where the model gives NaN; on abort
   */
  generate(options: GenerateOptions): Promise<Generation[]>;
}

const DEFAULT_BATCH_SIZE = 32;

/** Compiles a model for generation. Weights are read where they lie, so training them further needs no new one. */
export function createGenerator(model: Model, options: GeneratorOptions = {}): Generator {
  const { batchSize = DEFAULT_BATCH_SIZE, ...decodingOptions } = options;
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new Error(`createGenerator: batchSize is ${batchSize}; expected a whole number ≥ 1`);
  }
  const decoder = new Decoder(model, decodingOptions);
  const loop = new DecodingLoop(decoder, batchSize);
  const beams = new BeamQueue(decoder);
  return {
    model,
    get kvCacheBytes() {
      return loop.workspace.kvCacheBytes + beams.kvCacheBytes;
    },
    get load() {
      return loop.load;
    },
    async generate(request) {
      validateOptions(request, model.config);
      request.prompts.forEach((prompt, index) => {
        validatePrompt(prompt, index, model.config);
      });
      const answer = answerer(loop, beams, model, request, createRng(request.seed ?? 0));
      const atOnce = Math.min(request.batchSize ?? batchSize, batchSize);
      return forEachAtOnce(request.prompts, atOnce, answer, request.signal);
    },
  };
}

type Answer = (prompt: readonly number[], index: number, signal: AbortSignal) => Promise<Generation>;

/** How one prompt of a request is answered. */
function answerer(
  loop: DecodingLoop,
  beams: BeamQueue,
  { config }: Model,
  options: GenerateOptions,
  rng: Rng,
): Answer {
  const { minNewTokens = 0, numBeams = 1, lengthPenalty = 1, earlyStopping = false } = options;
  const { onToken, onFinish, topLogProbs = 0, firstIndex = 0 } = options;
  const sampling = resolveSampling(options);
  const stopTokenIds = new Set(options.stopTokenIds ?? config.eosTokenIds);
  const answer: Answer = (prompt, index, signal) => {
    const maxNewTokens = Math.min(options.maxNewTokens, config.maxPositionEmbeddings - prompt.length);
    const common = { prompt, minNewTokens, maxNewTokens, stopTokenIds, signal };
    if (numBeams > 1) {
      const { temperature } = sampling;
      return beams.search({ ...common, numBeams, lengthPenalty, earlyStopping, temperature });
    }
    const stream = rng.fork(firstIndex + index);
    return loop.submit({ ...common, index, sampling, topLogProbs, onToken, rng: stream });
  };
  return async (prompt, index, signal) => {
    const generation = await answer(prompt, index, signal);
    await onFinish?.({ index, ...generation });
    return generation;
  };
}
