import { strict } from '../../fields/parse';
import { datasetSchema } from '../../sources';
import { defineStage, gradientNormChart, learningRateChart, speedChart } from '../descriptor';
import { ppoFields } from './config';
import { usesValues } from './estimators';
import { checkPpo, resolvePpo } from './resolve';

export const ppo = defineStage({
  name: 'ppo',
  label: 'PPO',
  title: 'Reinforcement learning (PPO)',
  description:
    'The model writes answers, the reward model scores them, and better ones become more probable, without moving too far away.',
  config: strict({
    prompts: datasetSchema.describe('prompts that the policy answers'),
    ptxDataset: datasetSchema
      .optional()
      .describe(
        'instructions of the SFT loss that ptxCoef mixes in; those of the nearest earlier stage by default',
      ),
    ...ppoFields,
  })
    .superRefine(checkPpo)
    .transform(resolvePpo),
  data: {
    prompts: { role: 'prompts' },
    ptxDataset: { role: 'instructions', inheritedWhen: ({ ptxCoef }) => ptxCoef > 0 },
  },
  models: {
    base: { kind: 'language-model', description: 'the policy before the first update, and the reference' },
    rewardModel: { kind: 'reward-model', description: 'scores the responses' },
  },
  makes: 'language-model',
  steps: { unit: 'iteration', field: 'iterations' },
  progress: ['reward', 'kl'],
  figures: [
    {
      metric: 'reward',
      of: 'evaluation',
      title: 'reward on held-out prompts',
      format: 'number',
      better: 'higher',
      proxyOf: 'exactMatch',
      tile: 'mean score of the reward model on held-out prompts',
    },
    {
      metric: 'rewardStd',
      of: 'evaluation',
      title: 'standard deviation of the reward',
      format: 'number',
      better: null,
    },
    {
      metric: 'exactMatch',
      of: 'evaluation',
      title: 'held-out exact match',
      format: 'share',
      better: 'higher',
      tile: 'on held-out prompts',
    },
    {
      metric: 'kl',
      of: 'step',
      title: 'KL to the reference, nats a response',
      format: 'number',
      better: null,
    },
  ],
  charts: [
    {
      title: 'Reward',
      note: 'Mean score that the reward model gives to the answers. Higher is better.',
      step: { reward: 'training prompts' },
      evaluated: { reward: 'held-out prompts' },
    },
    {
      title: 'Exact answers',
      note: 'Share of held-out answers that are exactly right. It should not fall while the reward rises.',
      evaluated: { exactMatch: 'held-out' },
    },
    {
      title: 'KL to the reference',
      note: 'How far the model has moved away from its start, in nats per answer. It should stay bounded.',
      step: { kl: 'training prompts' },
      evaluated: { kl: 'held-out prompts' },
    },
    {
      title: 'Value loss',
      note: 'How wrong the critic is about the rewards to come.',
      step: { valueLoss: 'value loss' },
    },
    {
      title: 'Explained variance',
      note: 'How much of the differences between returns the critic predicts: 1 is all, 0 no more than their mean.',
      step: { explainedVariance: 'explained variance' },
    },
    {
      title: 'Entropy',
      note: 'How varied the answers are, in nats per token.',
      step: { entropy: 'entropy' },
    },
    {
      title: 'Response length',
      note: 'Mean length of the answers, in tokens.',
      step: { responseLength: 'tokens' },
    },
    {
      title: 'Clipped',
      note: 'Share of the tokens for which the policy step was clipped.',
      step: { clipFraction: 'clipped' },
    },
    gradientNormChart,
    learningRateChart,
    speedChart,
  ],
  timeShares: { rolloutSeconds: 'sampling', scoreSeconds: 'scoring', learnSeconds: 'learning' },
  service: 'ppo-actor',
  helpers: {
    'ppo-rollout': 'rollout workers (ppo-actor)',
    'ppo-scoring': 'scoring workers (ppo-critic)',
    'ppo-value-learner': 'the value learner (ppo-critic)',
  },
  examples: [
    'openchat ppo --model runs/sft --reward-model runs/reward --dataset prompts.jsonl --max-steps 50',
    'openchat ppo --model runs/sft --reward-model runs/reward --dataset prompts.jsonl --set ppo.klCoef=0.1',
    'openchat ppo --model runs/sft --reward-model runs/reward --dataset prompts.jsonl --set ppo.advantageEstimator=grpo --set ppo.numGenerations=8',
  ],
  // Policy and value model are trained; the reward model lies beside them, and the reference is the base.
  footprint: ({ lora, perDeviceTrainBatchSize, responseLength, advantageEstimator }, rewardModel) => {
    const value = { lora: rewardModel?.lora ?? null, scalarHead: true };
    return {
      trained: [{ lora, scalarHead: false }, ...(usesValues({ advantageEstimator }) ? [value] : [])],
      frozen: [value],
      reference: true,
      rows: perDeviceTrainBatchSize,
      responseLength,
    };
  },
  // Policy and value model live in processes of their own; the base is the reference of the policy.
  footprints: (
    { lora, perDeviceTrainBatchSize, responseLength, localRolloutForwardBatchSize },
    rewardModel,
  ) => {
    const value = { lora: rewardModel?.lora ?? null, scalarHead: true };
    const policy = { lora, scalarHead: false };
    return {
      trainer: {
        trained: [policy],
        frozen: [],
        reference: true,
        rows: perDeviceTrainBatchSize,
        responseLength,
      },
      rollout: {
        trained: [],
        frozen: [policy],
        rows: 0,
        responseLength,
        sampled: localRolloutForwardBatchSize,
      },
      critic: { trained: [value], frozen: [value], rows: perDeviceTrainBatchSize, responseLength },
    };
  },
});
