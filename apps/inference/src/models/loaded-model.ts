import {
  type Answering,
  type GeneratorOptions,
  openTextModel,
  type TextModel,
} from '@open-chatgpt/generation';
import { hashWeightFiles, isRewardModel, openModel } from '@open-chatgpt/models';
import { type ChatTemplate, chatTemplate, type Tokenizer } from '@open-chatgpt/tokenizer';
import { type ConversationScorer, openConversationScorer, TextEmbedder } from '@open-chatgpt/training';
import type { InferenceConfig, ServedModelConfig } from '../config/inference-config';
import { OutputGrammars } from '../generation/output-structure';
import { TokenTexts } from '../generation/token-texts';
import type { LocalModel } from './model-fetcher';

/** What a model of any kind has in memory: it reads text. */
export interface ServedText {
  name: string;
  version: string;
  /** Of an adapter, the name of its base. */
  parent: string | null;
  /** Where its files are; of an adapter, those of its base. */
  path: string;
  /** Seconds since 1970. */
  created: number;
  weights: NonNullable<GeneratorOptions['weights']>;
  tokenizer: Tokenizer;
  template: ChatTemplate | null;
  /** Tokens of the longest text; of a language model, with its answer. */
  maxLength: number;
  /** Files of the model that disagree, and which of them is followed. */
  warnings: readonly string[];
}

/** A language model in memory. */
export interface LoadedModel extends ServedText, Omit<TextModel, keyof ServedText | 'generator'> {
  kind: 'language-model';
  generator: Answering;
  /** `hashWeights` of the weights of its files, which are read at the first call. */
  weightsHash(): Promise<string>;
  tokenTexts: TokenTexts;
  grammars: OutputGrammars;
  /** null with quantized weights and adapters, which it cannot read. */
  embedder: TextEmbedder | null;
}

/** A reward model in memory. */
export interface LoadedScorer extends ServedText {
  kind: 'reward-model';
  scorer: ConversationScorer;
}

type Loading = (
  local: LocalModel,
  served: ServedModelConfig,
  config: InferenceConfig,
  adapters: boolean,
) => Promise<LoadedModel | LoadedScorer>;

/**
 * Loads a model of either kind.
 * @param adapters whether adapters may be added to a language model
 * @throws Error when it is invalid
 */
export const loadModel: Loading = async (local, served, config, adapters) => {
  const files = await openModel(local.path);
  await files.close();
  return (isRewardModel(files) ? loadScorer : loadText)(local, served, config, adapters);
};

const loadText: Loading = async (local, served, config, adapters) => {
  const { template, weights = config.inferenceWeights } = served;
  const text = await openTextModel(local.path, {
    weights,
    adapters,
    batchSize: config.inferenceBatchSize,
    sharePrefixes: config.inferencePrefixCacheMib > 0,
    prefixCacheBytes: config.inferencePrefixCacheMib * 2 ** 20,
    speculation: await openSpeculation(config, weights),
    sampling: local.sampling,
    // A model without a chat template can still continue text.
    template: (tokenizer) =>
      template === 'model' && tokenizer.chatTemplate === null ? null : chatTemplate(template, tokenizer),
  });
  let hash: Promise<string> | null = null;
  return {
    ...text,
    kind: 'language-model',
    ...labels(local, served, weights),
    maxLength: Math.min(text.maxLength, longest(config)),
    tokenTexts: new TokenTexts(text.tokenizer),
    grammars: new OutputGrammars(text.tokenizer, text.generator.model.config.vocabSize),
    weightsHash() {
      hash ??= hashOf(local.path);
      return hash;
    },
    embedder: weights === 'float32' ? new TextEmbedder(text.generator.model) : null,
  };
};

/** Drafts repeat the text so far: its keys and values are kept. */
const DRAFT_CACHE_BYTES = 64 * 2 ** 20;

async function openSpeculation(
  { inferenceSpeculativeTokens: numSpeculativeTokens, inferenceDraftModel }: InferenceConfig,
  weights: LoadedModel['weights'],
): Promise<GeneratorOptions['speculation']> {
  if (numSpeculativeTokens === 0) return undefined;
  if (inferenceDraftModel === undefined) return { numSpeculativeTokens };
  const { generator: draft } = await openTextModel(inferenceDraftModel, {
    weights,
    batchSize: 1,
    prefixCacheBytes: DRAFT_CACHE_BYTES,
    template: () => null,
  });
  return { numSpeculativeTokens, draft };
}

const loadScorer: Loading = async (local, served, config) => {
  const scorer = await openConversationScorer(local.path, {
    template: served.template,
    // Conversations of several requests take turns; one shape for each length keeps the number of compiled graphs small.
    batchSize: 1,
    maxLength: longest(config),
  });
  const { tokenizer, template, maxLength } = scorer;
  const warnings = tokenizer.warnings;
  return {
    kind: 'reward-model',
    ...labels(local, served, 'float32'),
    tokenizer,
    template,
    maxLength,
    warnings,
    scorer,
  };
};

async function hashOf(path: string): Promise<string> {
  const { config, weights, close } = await openModel(path);
  try {
    return await hashWeightFiles(config, weights);
  } finally {
    await close();
  }
}

export const unixSeconds = (): number => Math.floor(Date.now() / 1000);

const labels = (
  { version, path }: LocalModel,
  { name }: ServedModelConfig,
  weights: LoadedModel['weights'],
) => ({
  name,
  version,
  parent: null,
  path,
  weights,
  created: unixSeconds(),
});

const longest = ({ inferenceMaxLength }: InferenceConfig): number =>
  inferenceMaxLength ?? Number.POSITIVE_INFINITY;
