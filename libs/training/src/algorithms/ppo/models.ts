import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import type { PpoConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import type { BaseModel } from '../../pipeline/base-model';
import type { RewardModel } from '../../pipeline/reward-model';
import { cloneModel, computedAs, createStageModel, frozenModel } from '../../pipeline/stage-models';
import { RewardScorer } from '../reward/scorer';
import { Actor } from './actor';
import { Critic } from './critic';
import type { SampleResponses } from './rollout';
import { ValueTrainer } from './value-trainer';

/** The policy before the first update. */
export function createPolicy(base: BaseModel, config: PpoConfig): Model {
  return createStageModel(base, config, createRng(config.seed).fork('policy'));
}

/** Samples from a policy with its current weights. */
export function createActor(policy: Model, base: BaseModel, config: PpoConfig): Actor {
  const generator = createGenerator(policy);
  const sampleResponses: SampleResponses = (prompts, seed, firstIndex, signal) =>
    generator.generate({
      prompts,
      signal,
      seed,
      firstIndex,
      maxNewTokens: config.responseLength,
      temperature: config.temperature,
      topK: config.topK,
      topP: config.topP,
      stopTokenIds: base.template.stopTokenIds,
      batchSize: config.localRolloutForwardBatchSize,
    });
  const forward = forwardOptions(config, base.tokenizer.padTokenId);
  return new Actor({
    sampleResponses,
    policy,
    reference: frozenModel(base, config),
    temperature: config.temperature,
    ...forward,
  });
}

/** Scores with a reward model, and values with the current weights of a value model, where there is one. */
export function createCritic(
  { model, normalization }: RewardModel,
  valueModel: Model | null,
  config: PpoConfig,
  padTokenId: number | null,
): Critic {
  const forward = forwardOptions(config, padTokenId);
  const scorer = new RewardScorer(computedAs(model, config), { ...forward, normalization });
  return new Critic(scorer, valueModel, { ...config, ...forward });
}

/** Trains a value model, which starts as a copy of the reward model. */
export function createValueTrainer(
  { model }: RewardModel,
  config: PpoConfig,
  padTokenId: number | null,
): ValueTrainer {
  return new ValueTrainer(cloneModel(model, config), config, padTokenId);
}

function forwardOptions(config: PpoConfig, padTokenId: number | null) {
  return {
    batchSize: config.localRolloutForwardBatchSize,
    maxLength: config.maxPromptLength + config.responseLength,
    padTokenId,
  };
}
