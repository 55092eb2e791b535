import type { z } from 'zod';

/** What an estimator of advantages needs. */
interface AdvantageEstimator {
  /** A value model predicts the rewards of each state. */
  values: boolean;
  /** Responses to one prompt are compared with each other. */
  group: boolean;
  /** Advantages are whitened over the iteration, where `whitenAdvantages` is not set. */
  whiten: boolean;
  description: string;
}

/** By the names of verl. */
export const ADVANTAGE_ESTIMATORS = {
  gae: {
    values: true,
    group: false,
    whiten: true,
    description: 'generalized advantage estimation, with a value model (PPO)',
  },
  grpo: {
    values: false,
    group: true,
    whiten: false,
    description: 'the reward less the mean of its prompt, by their standard deviation where scaleRewards',
  },
  rloo: {
    values: false,
    group: true,
    whiten: false,
    description: 'the reward less the mean of the other responses to its prompt',
  },
  reinforce_plus_plus: {
    values: false,
    group: false,
    whiten: true,
    description: 'the rewards to come, whitened over the iteration',
  },
  reinforce_plus_plus_baseline: {
    values: false,
    group: true,
    whiten: true,
    description: 'the reward less the mean of its prompt, whitened over the iteration',
  },
} as const satisfies Record<string, AdvantageEstimator>;

export type AdvantageEstimatorName = keyof typeof ADVANTAGE_ESTIMATORS;

/** The fields of PPO that belong to the estimator. */
export interface EstimatorSettings {
  advantageEstimator: AdvantageEstimatorName;
  numGenerations: number;
  scaleRewards: boolean;
  whitenRewards: boolean;
  whitenAdvantages: boolean | null;
  gamma: number;
  criticWarmup: number;
}

/** Whether a value model is trained. */
export const usesValues = ({ advantageEstimator }: Pick<EstimatorSettings, 'advantageEstimator'>): boolean =>
  ADVANTAGE_ESTIMATORS[advantageEstimator].values;

/** Refuses settings that the estimator would ignore. */
export function checkEstimator(config: EstimatorSettings, context: z.core.$RefinementCtx): void {
  const name = config.advantageEstimator;
  const { values, group } = ADVANTAGE_ESTIMATORS[name];
  const expect = (right: boolean, field: keyof EstimatorSettings, expected: string, reason: string) => {
    if (right) return;
    const message = `expected ${expected} with advantageEstimator ${name}, which ${reason}; found ${config[field]}`;
    context.addIssue({ code: 'custom', path: [field], message, input: config[field] });
  };
  if (group) {
    const reason = 'compares responses to one prompt';
    expect(config.numGenerations > 1, 'numGenerations', 'at least 2', reason);
    expect(!config.whitenRewards, 'whitenRewards', 'false', reason);
    expect(config.gamma === 1, 'gamma', '1', 'gives each token of a response the same advantage');
  }
  if (name !== 'grpo')
    expect(config.scaleRewards, 'scaleRewards', 'true', 'does not divide by the deviation of a prompt');
  if (!values) expect(config.criticWarmup === 0, 'criticWarmup', '0', 'has no value model');
}

/** Fills in what follows from the estimator. */
export function resolveEstimator<T extends EstimatorSettings>(config: T) {
  const { whiten } = ADVANTAGE_ESTIMATORS[config.advantageEstimator];
  return { ...config, whitenAdvantages: config.whitenAdvantages ?? whiten };
}
