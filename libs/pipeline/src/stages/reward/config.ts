import { z } from 'zod';
import { count, flag, LARGEST, MOST } from '../../fields/fields';
import { optimizerFields } from '../../fields/optimizer';
import { parseConfig, strict } from '../../fields/parse';
import { epochFields, loopFields } from '../../fields/trainer';

export const rewardFields = {
  ...epochFields({ numTrainEpochs: 1, maxLength: 512 }),
  ...optimizerFields({ learningRate: 1e-5, adamEpsilon: 1e-8, lrSchedulerType: 'cosine', warmupRatio: 0.03 }),
  ...loopFields({ evalSteps: 200, saveSteps: 500, loggingSteps: 10, unit: 'optimizer steps' }),
  evalSamples: count(4, MOST.samples, 'held-out pairs whose scores are shown at each evaluation', 0),
  useMargin: flag(true, "subtract a pair's margin inside the log-sigmoid, where the data gives one"),
  centerRewardsCoefficient: z
    .number()
    .min(0)
    .max(LARGEST)
    .nullable()
    .default(null)
    .describe('weight of (r_chosen + r_rejected)², which keeps scores about 0 (TRL advises 0.01)'),
  normalizeRewards: flag(true, 'store a shift and scale that give mean 0, std 1 on reference responses'),
};

/** Reward model on pairs: names and meaning of TRL's RewardConfig. */
export const rewardConfigSchema = strict(rewardFields);

export type RewardConfig = z.output<typeof rewardConfigSchema>;

/** @throws Error that lists every wrong field and what was expected there */
export function parseRewardConfig(raw: unknown, where = 'reward config'): RewardConfig {
  return parseConfig(rewardConfigSchema, raw, where);
}
