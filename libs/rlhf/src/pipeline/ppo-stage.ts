import { join } from 'node:path';
import type { TokenizedSupervised } from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import { createRng } from '@open-chatgpt/random';
import type { DescribeResponses } from '../ppo/evaluate';
import { PolicyAverage } from '../ppo/policy-average';
import type { SampleResponses } from '../ppo/rollout';
import { trainPpo } from '../ppo/train';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from './answers';
import type { BaseModel } from './base-model';
import type { PpoStageConfig } from './config';
import { loadExamples } from './data';
import { exportModel } from './export-model';
import type { RewardModel } from './reward-stage';
import { tokenizePrompts } from './sft-stage';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { cloneModel, createStageModel, frozenModel } from './stage-models';

/** Trains the base against the reward model, unless an earlier part of the run has. */
export async function runPpoStage(
  context: StageContext,
  config: PpoStageConfig,
  { model: rewardModel, normalization }: RewardModel,
  pretraining: readonly TokenizedSupervised[],
): Promise<void> {
  const { base, folder } = context;
  const { tokenizer, template } = base;
  const policy = createStageModel(base, config, createRng(config.seed).fork('policy'));
  const target = join(folder.path, 'models', 'policy');
  if (finishedStage(context, 'ppo')) {
    const checkpoint = await restoreFinished(context, 'ppo', policy, 'policy-');
    if (config.emaDecay > 0) {
      const average = new PolicyAverage(policy.trained, config.emaDecay);
      await average.restore(checkpoint);
      average.apply();
    }
    await exportModel(target, policy, base);
    return;
  }
  const data = await loadExamples(config.prompts, 'prompts', config.seed);
  const prompts = await tokenizePrompts(base, data.train, config.maxPromptLength);
  const heldOut = await tokenizePrompts(
    base,
    data.evaluation.slice(0, config.evalSamples),
    config.maxPromptLength,
  );
  const generator = createGenerator(policy);
  const sampleResponses: SampleResponses = (items, seed) =>
    generator.generate({
      prompts: items,
      seed,
      maxNewTokens: config.responseLength,
      temperature: config.temperature,
      topK: config.topK,
      topP: config.topP,
      stopTokenIds: template.stopTokenIds,
      batchSize: config.localRolloutForwardBatchSize,
    });
  await trainPpo({
    ...stageEnvironment(context, 'ppo'),
    policy,
    reference: frozenModel(base),
    rewardModel,
    normalization,
    valueModel: cloneModel(rewardModel),
    prompts: prompts.map(({ ids }) => ids),
    evaluationPrompts: heldOut.map(({ ids }) => ids),
    pretraining,
    sampleResponses,
    describe: describeWith(base, heldOut),
    padTokenId: tokenizer.padTokenId,
    config,
  });
  await exportModel(target, policy, base);
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
