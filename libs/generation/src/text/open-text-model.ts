import {
  allocateBase,
  loadWeights,
  type Model,
  type ModelConfig,
  openModel,
  refuseRewardModel,
  type WeightSource,
} from '@open-chatgpt/models';
import { freeUnusedMemory, ParameterStore } from '@open-chatgpt/runtime';
import {
  type ChatTemplate,
  disagreements,
  endingAs,
  loadTokenizer,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { createGenerator, type Generator, type GeneratorOptions } from '../generator';
import { unappliedFields } from '../options/unapplied-fields';
import { readQuantized } from '../quantization/read-quantized';

/** A model that is ready to generate text, with frozen weights. */
export interface TextModel {
  generator: Generator;
  tokenizer: Tokenizer;
  /** null for plain text completion. */
  template: ChatTemplate | null;
  /** The model's generation_config.json, on top of the publisher's sampling. */
  generationConfig: Record<string, unknown> | null;
  /** Files of the model that disagree, and which of them is followed. */
  warnings: readonly string[];
  /** Largest total length of prompt and answer, in tokens. */
  maxLength: number;
}

export interface OpenTextModelOptions extends Omit<GeneratorOptions, 'quantized'> {
  /** Returns the chat template. Called before the weights are read, so that an invalid choice fails early. */
  template: (tokenizer: Tokenizer) => ChatTemplate | null;
  /** How the publisher samples, where the files do not say it; by the names of generation_config.json. */
  sampling?: Readonly<Record<string, unknown>>;
  /** Receives the number of weight elements read so far, and the total. */
  onLoading?: (done: number, total: number) => void;
}

/**
 * Opens a model for text generation.
 * @param path a Hugging Face folder or a .gguf file
 * @throws Error when the model is invalid, a reward model, or has no tokenizer
 */
export async function openTextModel(path: string, options: OpenTextModelOptions): Promise<TextModel> {
  const model = await readTextModel(path, options);
  freeUnusedMemory();
  return model;
}

async function readTextModel(path: string, options: OpenTextModelOptions): Promise<TextModel> {
  const { template: choose, sampling, onLoading, ...generatorOptions } = options;
  const { config, weights, tokenizer: described, generationConfig: stored, ...files } = await openModel(path);
  try {
    refuseRewardModel({ weights }, path);
    if (!described) {
      throw new Error(`${path} has no tokenizer.json; copy the model's tokenizer.json beside the weights`);
    }
    const tokenizer = await loadTokenizer(described, { rows: config.vocabSize });
    const chosen = choose(tokenizer);
    const template = chosen && endingAs(chosen, config);
    const warnings = [
      ...files.warnings,
      ...unappliedFields(stored),
      ...tokenizer.warnings,
      ...disagreements(tokenizer, config),
    ];
    const { weights: precision = 'float32' } = generatorOptions;
    const { kept, quantized } =
      precision === 'float32'
        ? await readWhole(config, weights, onLoading)
        : await readQuantized(config, weights, precision, onLoading);
    const empty = new ParameterStore([]);
    const model: Model = { config, lora: null, scalarHead: false, trained: empty, frozen: kept };
    const generator = createGenerator(model, { ...generatorOptions, quantized });
    const generationConfig = sampling ? { ...sampling, ...stored } : stored;
    const maxLength = config.maxPositionEmbeddings;
    return { generator, tokenizer, template, generationConfig, warnings, maxLength };
  } finally {
    await files.close();
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
