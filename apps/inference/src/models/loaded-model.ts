import { type GeneratorOptions, openTextModel, type TextModel } from '@open-chatgpt/generation';
import { isRewardModel, openModel } from '@open-chatgpt/models';
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
export interface LoadedModel extends ServedText, Omit<TextModel, keyof ServedText> {
  kind: 'language-model';
  tokenTexts: TokenTexts;
  grammars: OutputGrammars;
  /** null with quantized weights, which it cannot read. */
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
) => Promise<LoadedModel | LoadedScorer>;

/** Loads a model of either kind. @throws Error when it is invalid */
export const loadModel: Loading = async (local, served, config) => {
  const files = await openModel(local.path);
  await files.close();
  return isRewardModel(files) ? loadScorer(local, served, config) : loadText(local, served, config);
};

const loadText: Loading = async (local, served, config) => {
  const { template, weights = config.inferenceWeights } = served;
  const text = await openTextModel(local.path, {
    weights,
    batchSize: config.inferenceBatchSize,
    sharePrefixes: config.inferencePrefixCacheMib > 0,
    prefixCacheBytes: config.inferencePrefixCacheMib * 2 ** 20,
    sampling: local.sampling,
    // A model without a chat template can still continue text.
    template: (tokenizer) =>
      template === 'model' && tokenizer.chatTemplate === null ? null : chatTemplate(template, tokenizer),
  });
  return {
    ...text,
    kind: 'language-model',
    ...labels(local, served, weights),
    maxLength: Math.min(text.maxLength, longest(config)),
    tokenTexts: new TokenTexts(text.tokenizer),
    grammars: new OutputGrammars(text.tokenizer, text.generator.model.config.vocabSize),
    embedder: weights === 'float32' ? new TextEmbedder(text.generator.model) : null,
  };
};

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

const labels = ({ version }: LocalModel, { name }: ServedModelConfig, weights: LoadedModel['weights']) => ({
  name,
  version,
  weights,
  created: Math.floor(Date.now() / 1000),
});

const longest = ({ inferenceMaxLength }: InferenceConfig): number =>
  inferenceMaxLength ?? Number.POSITIVE_INFINITY;
