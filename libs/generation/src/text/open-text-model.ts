import {
  allocateBase,
  loadWeights,
  type Model,
  type ModelConfig,
  openModel,
  type WeightSource,
} from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { type ChatTemplate, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { createGenerator, type Generator, type GeneratorOptions } from '../generator';
import { readQuantized } from '../quantization/read-quantized';

/** A model that is ready to answer, its weights frozen. */
export interface TextModel {
  generator: Generator;
  tokenizer: Tokenizer;
  /** null where text is only continued. */
  template: ChatTemplate | null;
  /** What the model advises, generation_config.json. */
  generationConfig: Record<string, unknown> | null;
  /** Longest prompt and answer together, in tokens. */
  maxLength: number;
}

export interface OpenTextModelOptions extends Omit<GeneratorOptions, 'quantized'> {
  /** Chooses how conversations become text; told before the weights are read, so that a wrong choice costs no time. */
  template: (tokenizer: Tokenizer) => ChatTemplate | null;
  /** Elements of the weights read so far, and in all. */
  onLoading?: (done: number, total: number) => void;
}

/**
 * Opens a model for answering.
 * @param path a Hugging Face folder or a .gguf file
 * @throws Error when it cannot be used, or has no tokenizer
 */
export async function openTextModel(path: string, options: OpenTextModelOptions): Promise<TextModel> {
  const { template: choose, onLoading, ...generatorOptions } = options;
  const { config, weights, tokenizer: described, generationConfig, close } = await openModel(path);
  try {
    if (!described) {
      throw new Error(`${path} has no tokenizer.json; put the one of its model beside the weights`);
    }
    const tokenizer = await loadTokenizer(described);
    const template = choose(tokenizer);
    const { weights: precision = 'float32' } = generatorOptions;
    const { kept, quantized } =
      precision === 'float32'
        ? await readWhole(config, weights, onLoading)
        : await readQuantized(config, weights, precision, onLoading);
    const empty = new ParameterStore([]);
    const model: Model = { config, lora: null, scalarHead: false, trained: empty, frozen: kept };
    const generator = createGenerator(model, { ...generatorOptions, quantized });
    return { generator, tokenizer, template, generationConfig, maxLength: config.maxPositionEmbeddings };
  } finally {
    await close();
  }
}

async function readWhole(
  config: ModelConfig,
  source: WeightSource,
  onLoading: OpenTextModelOptions['onLoading'],
): Promise<{ kept: ParameterStore; quantized?: undefined }> {
  const kept = allocateBase(config, false);
  await loadWeights(kept, source, onLoading);
  return { kept };
}
