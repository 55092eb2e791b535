import { allocateBase, loadWeights, type Model, openModel } from '@open-chatgpt/models';
import { ParameterStore } from '@open-chatgpt/runtime';
import { type ChatTemplate, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { createGenerator, type Generator, type GeneratorOptions } from '../generator';

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

export interface OpenTextModelOptions extends GeneratorOptions {
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
    const frozen = allocateBase(config, false);
    await loadWeights(frozen, weights, onLoading);
    const model: Model = { config, lora: null, scalarHead: false, trained: new ParameterStore([]), frozen };
    const generator = createGenerator(model, generatorOptions);
    return { generator, tokenizer, template, generationConfig, maxLength: config.maxPositionEmbeddings };
  } finally {
    await close();
  }
}
