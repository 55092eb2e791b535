import type { z } from 'zod';
import { ADVANTAGE_ESTIMATORS, type AdvantageEstimatorName } from './estimators';

/** What the loss of the policy is divided by, and how a token counts; by the names of TRL's GRPOConfig. */
export const POLICY_LOSSES = {
  dapo: 'PPO’s clipped loss, as a mean over the tokens of an update',
  grpo: 'the same, as a mean over its responses of the means over their tokens',
  dr_grpo: 'the same, as a sum over tokens, by responses × responseLength',
  cispo: 'the log-probability times a clipped ratio without gradient, as a mean over the tokens of an update',
} as const;

export type PolicyLossName = keyof typeof POLICY_LOSSES;

/** The fields of PPO that belong to the loss of the policy. */
export interface PolicyLossSettings {
  lossType: PolicyLossName;
  importanceSamplingLevel: 'token' | 'sequence';
  dualClip: number | null;
  advantageEstimator: AdvantageEstimatorName;
}

/** Refuses combinations without a meaning. */
export function checkPolicyLoss(config: PolicyLossSettings, context: z.core.$RefinementCtx): void {
  const { lossType, importanceSamplingLevel, dualClip, advantageEstimator } = config;
  const refuse = (field: keyof PolicyLossSettings, message: string) =>
    context.addIssue({
      code: 'custom',
      path: [field],
      message: `expected ${message}; found ${config[field]}`,
      input: config[field],
    });
  if (importanceSamplingLevel === 'sequence') {
    if (lossType === 'cispo')
      refuse('importanceSamplingLevel', 'token with lossType cispo, which weighs each token');
    if (!ADVANTAGE_ESTIMATORS[advantageEstimator].group)
      refuse(
        'importanceSamplingLevel',
        `token with advantageEstimator ${advantageEstimator}, whose advantages differ between the tokens of a response`,
      );
  }
  if (dualClip !== null && lossType === 'cispo')
    refuse('dualClip', 'null with lossType cispo, whose ratio is bounded already');
}
