import type { Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { Decoder, type DecoderOptions } from './decoder/decoder';
import { DecodingLoop } from './loop/decoding-loop';
import type { GenerateOptions, Generation } from './options/generate-options';
import { resolveSampling, validateOptions, validatePrompt } from './options/validate';

export interface GeneratorOptions extends DecoderOptions {
  /** Prompts decoded together at most, over all calls. Default 32. */
  batchSize?: number;
}

/** Generates token sequences with a model; tokenizers and text are elsewhere (`generateText`). */
export interface Generator {
  readonly model: Model;
  /** Memory of the key-value cache at this time. */
  readonly kvCacheBytes: number;
  /**
   * Answers in the order of the prompts. Several calls at a time share the batch.
   * @throws Error on a bad option or prompt, before anything is generated; where the model gives NaN; on abort
   */
  generate(options: GenerateOptions): Promise<Generation[]>;
}

const DEFAULT_BATCH_SIZE = 32;

/** Compiles a model for generation. Weights are read where they lie, so training them further needs no new one. */
export function createGenerator(model: Model, options: GeneratorOptions = {}): Generator {
  const { batchSize = DEFAULT_BATCH_SIZE, ...decoderOptions } = options;
  const loop = new DecodingLoop(new Decoder(model, decoderOptions), batchSize);
  return {
    model,
    get kvCacheBytes() {
      return loop.workspace.kvCacheBytes;
    },
    generate: (request) => generate(loop, model, batchSize, request),
  };
}

async function generate(
  loop: DecodingLoop,
  { config }: Model,
  maxRows: number,
  options: GenerateOptions,
): Promise<Generation[]> {
  validateOptions(options, config);
  options.prompts.forEach((prompt, index) => {
    validatePrompt(prompt, index, config);
  });
  const { prompts, minNewTokens = 0, onToken } = options;
  // One failed row ends the whole call: the others must not go on unseen.
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  const sampling = resolveSampling(options);
  const stopTokenIds = new Set(options.stopTokenIds ?? config.eosTokenIds);
  const rng = createRng(options.seed ?? 0);
  const results: Generation[] = [];
  let next = 0;
  const worker = async () => {
    while (next < prompts.length) {
      signal?.throwIfAborted();
      const index = next++;
      const prompt = prompts[index];
      const maxNewTokens = Math.min(options.maxNewTokens, config.maxPositionEmbeddings - prompt.length);
      results[index] = await loop.submit({
        index,
        prompt,
        sampling,
        minNewTokens,
        maxNewTokens,
        stopTokenIds,
        rng: rng.fork(index),
        onToken,
        signal,
      });
    }
  };
  const atOnce = Math.min(options.batchSize ?? maxRows, prompts.length);
  try {
    await Promise.all(Array.from({ length: atOnce }, worker));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
  return results;
}
