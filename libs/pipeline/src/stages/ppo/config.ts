import { z } from 'zod';
import { count, decay, flag, LARGEST, MOST, nonNegative, positive, within } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { parseConfig, strict } from '../../fields/parse';
import { loopFields } from '../../fields/trainer';
import { ADVANTAGE_ESTIMATORS, type AdvantageEstimatorName } from './estimators';
import { POLICY_LOSSES, type PolicyLossName } from './policy-losses';
import { checkPpo, resolvePpo } from './resolve';

export const ppoFields = {
  ...optimizerFields({ learningRate: 3e-6, adamEpsilon: 1e-5, lrSchedulerType: 'linear', warmupRatio: 0 }),
  ...loopFields({ evalSteps: 10, saveSteps: 10, loggingSteps: 1, unit: 'iterations' }),
  valueLearningRate: z
    .number()
    .min(0)
    .max(LARGEST)
    .nullable()
    .default(null)
    .describe('peak learning rate of the value model; null takes learningRate'),

  iterations: z
    .int()
    .min(1)
    .max(MOST.steps)
    .nullable()
    .default(null)
    .describe('rollout-and-learn rounds; 100 by default'),
  totalEpisodes: z
    .int()
    .min(1)
    .max(MOST.steps * MOST.batch)
    .nullable()
    .default(null)
    .describe('responses to sample in all, instead of iterations: rounded up to whole iterations'),
  rolloutBatchSize: count(64, MOST.batch, 'responses sampled in one iteration'),
  numGenerations: count(1, MOST.batch, 'responses sampled to each of its prompts'),
  localRolloutForwardBatchSize: count(16, MOST.batch, 'responses generated and scored at a time'),
  numPpoEpochs: count(4, MOST.epochs, 'passes over the experience of an iteration'),
  numMiniBatches: count(1, MOST.batch, 'optimizer steps in each such pass'),
  maxStaleness: count(
    0,
    1000,
    'updates of the policy that may lie between sampling and learning, where services share the work; 0: strictly on-policy',
    0,
  ),
  importanceSamplingCap: positive(
    2,
    'largest weight of a token that an older policy sampled (truncated importance sampling)',
  ),
  criticWarmup: count(
    0,
    MOST.steps,
    'iterations in which only the value model learns, before the policy does',
    0,
  ),
  perDeviceTrainBatchSize: count(8, MOST.batch, 'responses in one forward and backward pass'),
  gradientAccumulationSteps: z
    .int()
    .min(1)
    .max(MOST.batch)
    .nullable()
    .default(null)
    .describe(
      'passes to an optimizer step; null: rolloutBatchSize / numMiniBatches / perDeviceTrainBatchSize',
    ),

  klCoef: nonNegative(0.05, 'β: weight of the per-token KL to the reference in the reward'),
  klEstimator: z.enum(['k1', 'k2', 'k3']).default('k1').describe('estimator of the KL (see math/kl.ts)'),
  adaptiveKl: flag(false, 'steer klCoef so that the KL meets klTarget'),
  klTarget: positive(6, 'KL per response, in nats, that the adaptive controller aims at'),
  klHorizon: positive(10000, 'responses over which the adaptive controller acts'),
  maxKl: z
    .number()
    .gt(0)
    .max(LARGEST)
    .nullable()
    .default(100)
    .describe(
      'stop with the last good checkpoint when the mean KL per response, in nats, exceeds this; null: never',
    ),
  advantageEstimator: z
    .enum(Object.keys(ADVANTAGE_ESTIMATORS) as AdvantageEstimatorName[])
    .default('gae')
    .describe(
      Object.entries(ADVANTAGE_ESTIMATORS)
        .map(([name, { description }]) => `${name}: ${description}`)
        .join('; '),
    ),
  scaleRewards: flag(
    true,
    'grpo: divide by the standard deviation of the rewards of a prompt; false: Dr. GRPO',
  ),
  gamma: within(0, 1, 1, 'discount'),
  lam: within(0, 1, 0.95, 'λ of generalized advantage estimation'),
  cliprange: positive(0.2, 'clip of the probability ratio'),
  cliprangeHigh: z
    .number()
    .gt(0)
    .max(LARGEST)
    .nullable()
    .default(null)
    .describe('clip of the ratio above 1 (DAPO’s clip-higher); null takes cliprange'),
  dualClip: z
    .number()
    .gt(1)
    .max(LARGEST)
    .nullable()
    .default(null)
    .describe('bound of the ratio where the advantage is negative, above 1 + cliprange; null: none'),
  lossType: z
    .enum(Object.keys(POLICY_LOSSES) as PolicyLossName[])
    .default('dapo')
    .describe(
      Object.entries(POLICY_LOSSES)
        .map(([name, description]) => `${name}: ${description}`)
        .join('; '),
    ),
  importanceSamplingLevel: z
    .enum(['token', 'sequence'])
    .default('token')
    .describe('the ratio of each token, or one of the whole response: the mean of its tokens (GSPO)'),
  cliprangeValue: positive(0.2, 'clip of the value change'),
  vfCoef: nonNegative(0.1, 'weight of the value loss'),
  entropyCoef: nonNegative(0, 'weight of the entropy bonus'),
  whitenRewards: flag(false, 'scale rewards to variance 1, without shifting their mean'),
  whitenAdvantages: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      'shift and scale advantages to mean 0, variance 1; null: false for grpo and rloo, true for the others',
    ),
  ptxCoef: nonNegative(0, 'weight of the SFT loss mixed in (InstructGPT, PPO-ptx)'),
  emaDecay: decay(0, 'decay of the moving average of the policy that is exported; 0 keeps none'),
  missingEosPenalty: nonNegative(1, 'subtracted from the score of a response without end of sequence'),
  missingEosScore: z
    .number()
    .min(-LARGEST)
    .max(LARGEST)
    .nullable()
    .default(null)
    .describe('fixed score of a response without end of sequence, instead of the penalty'),
  rewardClip: z
    .number()
    .gt(0)
    .max(LARGEST)
    .nullable()
    .default(5)
    .describe('scores are clipped to ± this; null does not clip'),

  temperature: positive(0.7, 'logits are divided by it wherever log-probabilities are taken'),
  topK: count(0, MOST.vocabulary, 'sample among the k likeliest tokens; 0: all', 0),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('sample among the likeliest tokens of this total probability'),
  maxPromptLength: count(256, MOST.tokens, 'longest prompt in tokens; longer ones are dropped and counted'),
  responseLength: count(128, MOST.tokens, 'longest response in tokens'),
  evalSamples: count(32, MOST.samples, 'held-out prompts that are answered and scored at each evaluation', 0),
};

/** PPO (Schulman et al. 2017; Ziegler et al. 2019; Ouyang et al. 2022): names and meaning of TRL's PPOConfig. */
export const ppoConfigSchema = strict(ppoFields).superRefine(checkPpo).transform(resolvePpo);

/** With iterations, totalEpisodes, gradientAccumulationSteps, valueLearningRate and whitenAdvantages worked out. */
export type PpoConfig = z.output<typeof ppoConfigSchema>;

/** @throws Error that lists every wrong field and what was expected there */
export function parsePpoConfig(raw: unknown, where = 'PPO config'): PpoConfig {
  return parseConfig(ppoConfigSchema, raw, where);
}
