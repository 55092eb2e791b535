import type { StageName } from '@open-chatgpt/pipeline';

/**
 * The names under which the loops report their metrics; the report and its curves know these. Loops may add others.
 * Evaluations are made on held-out data: at step 0, before the stage, and later, the last one after it.
 * Losses, KL and entropy are in nats; `accuracy`, `exactMatch` and `clipFraction` are shares from 0 to 1.
 */
export const stepMetrics: Record<StageName, readonly string[]> = {
  sft: ['loss', 'learningRate', 'gradNorm'],
  reward: ['loss', 'accuracy', 'margin', 'learningRate', 'gradNorm'],
  ppo: [
    'reward', // mean score of the rollouts, before the KL is subtracted
    'kl', // mean KL per response to the reference, summed over its tokens
    'klCoef',
    'policyLoss',
    'valueLoss',
    'entropy',
    'clipFraction',
    'explainedVariance',
    'responseLength',
    'learningRate',
    'gradNorm',
    'rolloutSeconds', // of an iteration, spent on sampling and its log-probabilities
    'scoreSeconds', // on scores, values and advantages
    'learnSeconds', // on the updates of both models
  ],
};

export const evaluationMetrics: Record<StageName, readonly string[]> = {
  sft: ['evalLoss', 'exactMatch'],
  reward: ['evalLoss', 'accuracy', 'margin', 'pairs'],
  ppo: ['reward', 'rewardStd', 'kl', 'exactMatch'],
};
