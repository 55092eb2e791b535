import { join } from 'node:path';
import type { TokenizedSupervised } from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import type { PpoStageConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { Actor } from '../algorithms/ppo/actor';
import { Critic } from '../algorithms/ppo/critic';
import { EmaPolicy } from '../algorithms/ppo/ema-policy';
import type { DescribeResponses } from '../algorithms/ppo/evaluate';
import { LocalWorkers } from '../algorithms/ppo/local-workers';
import type { SampleResponses } from '../algorithms/ppo/rollout';
import { trainPpo } from '../algorithms/ppo/train';
import { ValueTrainer } from '../algorithms/ppo/value-trainer';
import type { PpoWorkers } from '../algorithms/ppo/workers';
import { RewardScorer } from '../algorithms/reward/scorer';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from './answers';
import type { BaseModel } from './base-model';
import { loadExamples } from './data';
import { exportModel } from './export-model';
import type { RewardModel } from './reward-stage';
import { tokenizePrompts } from './sft-stage';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { cloneModel, createStageModel, frozenModel } from './stage-models';

/** Where the models of PPO are at work: all here (`localWorkers`), or the policy here and the others in services. */
export type CreatePpoWorkers = (policy: Model, base: BaseModel, config: PpoStageConfig) => PpoWorkers;

/** Trains the base against the reward model, unless an earlier part of the run has. */
export async function runPpoStage(
  context: StageContext,
  config: PpoStageConfig,
  createWorkers: CreatePpoWorkers,
  pretraining: readonly TokenizedSupervised[],
): Promise<void> {
  const { base, folder } = context;
  const policy = createPolicy(base, config);
  const target = join(folder.path, 'models', 'policy');
  if (finishedStage(context, 'ppo')) {
    const checkpoint = await restoreFinished(context, 'ppo', policy, 'policy-');
    if (config.emaDecay > 0) {
      const average = new EmaPolicy(policy.trained, config.emaDecay);
      await average.restore(checkpoint);
      average.apply();
    }
    await exportModel(target, policy, base, sampledAs(config));
    return;
  }
  const data = await loadExamples(config.prompts, 'prompts', config.seed);
  const prompts = await tokenizePrompts(base, data.train, config.maxPromptLength);
  const heldOut = await tokenizePrompts(
    base,
    data.evaluation.slice(0, config.evalSamples),
    config.maxPromptLength,
  );
  const workers = createWorkers(policy, base, config);
  try {
    await trainPpo({
      ...stageEnvironment(context, 'ppo'),
      policy,
      workers,
      prompts: prompts.map(({ ids }) => ids),
      evaluationPrompts: heldOut.map(({ ids }) => ids),
      pretraining,
      describe: describeWith(base, heldOut),
      padTokenId: base.tokenizer.padTokenId,
      config,
    });
  } finally {
    await workers.stop();
  }
  await exportModel(target, policy, base, sampledAs(config));
}

/** How the responses were sampled that the policy was trained on: who asks it should do likewise. */
function sampledAs({ temperature, topK, topP }: PpoStageConfig): Record<string, unknown> {
  return { do_sample: true, temperature, top_k: topK, top_p: topP };
}

/** The policy as it is before the first update. */
export function createPolicy(base: BaseModel, config: PpoStageConfig): Model {
  return createStageModel(base, config, createRng(config.seed).fork('policy'));
}

/** The rollout side of PPO on a policy: as its weights are at the moment. */
export function createActor(policy: Model, base: BaseModel, config: PpoStageConfig): Actor {
  const generator = createGenerator(policy);
  const sampleResponses: SampleResponses = (prompts, seed, firstIndex) =>
    generator.generate({
      prompts,
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
    reference: frozenModel(base),
    temperature: config.temperature,
    ...forward,
  });
}

/** The scoring side of PPO. */
export function createCritic(
  { model, normalization }: RewardModel,
  valueModel: Model,
  config: PpoStageConfig,
  padTokenId: number | null,
): Critic {
  const forward = forwardOptions(config, padTokenId);
  const scorer = new RewardScorer(model, { ...forward, normalization });
  return new Critic(scorer, valueModel, { ...config, ...forward });
}

/** The learner of the critic; its value model starts as the reward model does. */
export function createValueTrainer(
  { model }: RewardModel,
  config: PpoStageConfig,
  padTokenId: number | null,
): ValueTrainer {
  return new ValueTrainer(cloneModel(model), config, padTokenId);
}

/** All models of PPO in this process, on the weights that are trained. */
export function localWorkers(rewardModel: RewardModel): CreatePpoWorkers {
  return (policy, base, config) => {
    const { padTokenId } = base.tokenizer;
    const valueTrainer = createValueTrainer(rewardModel, config, padTokenId);
    return new LocalWorkers(
      createActor(policy, base, config),
      createCritic(rewardModel, valueTrainer.model, config, padTokenId),
      valueTrainer,
    );
  };
}

function forwardOptions(config: PpoStageConfig, padTokenId: number | null) {
  return {
    batchSize: config.localRolloutForwardBatchSize,
    maxLength: config.maxPromptLength + config.responseLength,
    padTokenId,
  };
}

function describeWith(
  { tokenizer, template }: BaseModel,
  prompts: readonly HeldOutPrompt[],
): DescribeResponses {
  return async (responses) => {
    const texts = await Promise.all(
      responses.map(({ response }) => responseText(tokenizer, template, response)),
    );
    const rewards = responses.map(({ reward }) => reward);
    return { samples: samplesOf(prompts, texts, texts.length, rewards), metrics: exactMatch(prompts, texts) };
  };
}
