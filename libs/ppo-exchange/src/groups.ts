/** Consumer groups that share the work on PPO runs: every replica of a role is in its group. */
export const ROLLOUT_GROUP = 'ppo-rollout';
export const SCORING_GROUP = 'ppo-scoring';
export const VALUE_LEARNER_GROUP = 'ppo-value-learner';
