import {
  allocateBase,
  initializeWeights,
  loadWeights,
  type ModelConfig,
  type ModelFiles,
  openModel,
  parseModelConfig,
  refuseRewardModel,
} from '@open-chatgpt/models';
import type { DatasetSource, ModelSource, ScratchDimensions } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import type { ParameterStore } from '@open-chatgpt/runtime';
import {
  type ChatTemplate,
  type ChatTemplateName,
  chatTemplate,
  disagreements,
  endingAs,
  loadTokenizer,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { freshTokenizer } from './fresh-tokenizer';
import type { ResolveModel } from './resolve-model';

/** What every stage starts from: the weights as they stand, frozen, with all that belongs to them. */
export interface BaseModel {
  config: ModelConfig;
  weights: ParameterStore;
  tokenizer: Tokenizer;
  template: ChatTemplate;
  generationConfig: Record<string, unknown> | null;
  /** Files of the model that disagree, and which of them is followed. */
  warnings: readonly string[];
}

export interface BaseModelOptions {
  seed: number;
  template: ChatTemplateName | 'model';
  /** What a fresh model that names no tokenizer learns its vocabulary from. */
  dataset: DatasetSource | undefined;
  resolveModel: ResolveModel;
  onProgress?: (done: number, total: number) => void;
}

/** What a model is, without its weights. */
export type ModelDescription = Omit<BaseModel, 'weights'>;

/** A description with the open files that its weights come from; none for a fresh model. */
interface OpenedModel extends ModelDescription {
  files: ModelFiles | null;
}

/** Opens a pre-trained model, or makes a fresh one. */
export async function prepareBaseModel(source: ModelSource, options: BaseModelOptions): Promise<BaseModel> {
  const { files, ...description } = await openSource(source, options);
  const { config } = description;
  try {
    const weights = allocateBase(config, false);
    if (files) await loadWeights(weights, files.weights, options.onProgress);
    else {
      const range = 'scratch' in source ? source.scratch.initializerRange : undefined;
      initializeWeights(weights, createRng(options.seed).fork('weights'), config.numHiddenLayers, range);
    }
    return { ...description, weights };
  } finally {
    await files?.close();
  }
}

/** Reads what a model is and none of its weights. */
export async function describeBaseModel(
  source: ModelSource,
  options: BaseModelOptions,
): Promise<ModelDescription> {
  const { files, ...description } = await openSource(source, options);
  await files?.close();
  return description;
}

function openSource(source: ModelSource, options: BaseModelOptions): Promise<OpenedModel> {
  return 'path' in source ? openPretrained(source.path, options) : describeFresh(source.scratch, options);
}

async function openPretrained(path: string, options: BaseModelOptions): Promise<OpenedModel> {
  const local = await options.resolveModel(path);
  const files = await openModel(local);
  try {
    refuseRewardModel(files, path);
    if (!files.tokenizer) {
      throw new Error(`${local} has no tokenizer.json; put the one of its model beside the weights`);
    }
    const { config, generationConfig } = files;
    const tokenizer = await loadTokenizer(files.tokenizer, { rows: config.vocabSize });
    const template = endingAs(chatTemplate(options.template, tokenizer), config);
    const warnings = [...files.warnings, ...tokenizer.warnings, ...disagreements(tokenizer, config)];
    return { config, files, tokenizer, template, generationConfig, warnings };
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function describeFresh(dimensions: ScratchDimensions, options: BaseModelOptions): Promise<OpenedModel> {
  const tokenizer = dimensions.tokenizer
    ? await tokenizerOf(dimensions.tokenizer)
    : await freshTokenizer(options.dataset, dimensions.vocabSize, options.seed);
  const generationConfig = {
    eos_token_id: tokenizer.eosTokenId,
    pad_token_id: tokenizer.padTokenId,
    do_sample: true,
  };
  const template = chatTemplate(options.template, tokenizer);
  const config = freshConfig(dimensions, tokenizer);
  return { config, files: null, tokenizer, template, generationConfig, warnings: tokenizer.warnings };
}

async function tokenizerOf(folder: string): Promise<Tokenizer> {
  const files = await openModel(folder);
  await files.close();
  if (!files.tokenizer) throw new Error(`${folder} has no tokenizer.json`);
  return loadTokenizer(files.tokenizer);
}

/** As `vocabSize` of a fresh model at most: each id takes a row of the embeddings. */
const MOST_TOKENS = 1_048_576;

function freshConfig(dimensions: ScratchDimensions, tokenizer: Tokenizer): ModelConfig {
  if (tokenizer.vocabSize > MOST_TOKENS)
    throw new Error(
      `model.scratch.tokenizer: the highest id of tokenizer.json is ${tokenizer.vocabSize - 1}, and a fresh model has at most ` +
        `${MOST_TOKENS} embeddings; take another tokenizer`,
    );
  return scratchConfig(dimensions, tokenizer);
}

/** The configuration of a fresh model. `vocabSize` is that of its tokenizer. */
export function scratchConfig(
  dimensions: ScratchDimensions,
  tokenizer: Pick<Tokenizer, 'vocabSize' | 'bosTokenId' | 'eosTokenId' | 'padTokenId'>,
): ModelConfig {
  const { numAttentionHeads } = dimensions;
  return parseModelConfig(
    {
      model_type: 'llama',
      vocab_size: tokenizer.vocabSize,
      hidden_size: dimensions.hiddenSize,
      intermediate_size: dimensions.intermediateSize,
      num_hidden_layers: dimensions.numHiddenLayers,
      num_attention_heads: numAttentionHeads,
      num_key_value_heads: dimensions.numKeyValueHeads ?? numAttentionHeads,
      max_position_embeddings: dimensions.maxPositionEmbeddings,
      rope_theta: dimensions.ropeTheta,
      rms_norm_eps: dimensions.normEps,
      tie_word_embeddings: dimensions.tieWordEmbeddings,
      initializer_range: dimensions.initializerRange,
      hidden_act: 'silu',
      bos_token_id: tokenizer.bosTokenId,
      eos_token_id: tokenizer.eosTokenId,
      pad_token_id: tokenizer.padTokenId,
    },
    'model.scratch',
  );
}
