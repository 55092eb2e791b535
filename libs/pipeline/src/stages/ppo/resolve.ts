import type { z } from 'zod';
import { checkEstimator, type EstimatorSettings, resolveEstimator } from './estimators';
import { checkPolicyLoss, type PolicyLossSettings } from './policy-losses';
import { checkPpoSizes, type PpoSizes, resolvePpoSizes } from './sizes';

/** What one field of PPO demands of others. */
export function checkPpo(
  config: PpoSizes & EstimatorSettings & PolicyLossSettings,
  context: z.core.$RefinementCtx,
): void {
  checkPpoSizes(config, context);
  checkEstimator(config, context);
  checkPolicyLoss(config, context);
}

/** Fills in what follows from the other fields. */
export const resolvePpo = <T extends PpoSizes & EstimatorSettings>(config: T) =>
  resolveEstimator(resolvePpoSizes(config));
