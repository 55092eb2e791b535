import type { EventType } from '@open-chatgpt/events';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { z } from 'zod';

/** Consumer groups that share the work on PPO runs: every replica of a role is in its group. */
export const ROLLOUT_GROUP = 'ppo-rollout';
export const SCORING_GROUP = 'ppo-scoring';
export const VALUE_LEARNER_GROUP = 'ppo-value-learner';

/** The group of the processes that work only on this run. */
const groupOfRun = (group: string, runId: string) => `${group}-${runId}`;

/**
 * The consumer group of a role.
 * @param runId the only run that its processes work on; undefined for all runs, which then share the processes
 */
export function workerGroup(group: string, types: readonly EventType[], runId?: string): ConsumerGroups {
  if (runId === undefined) return { [group]: types };
  return { [groupOfRun(group, runId)]: { types, keys: isKeyOf(runId) } };
}

/** Whether this group works on the run, alone or among others. */
export function worksOn(group: string, runId: string): boolean {
  return [ROLLOUT_GROUP, SCORING_GROUP, VALUE_LEARNER_GROUP].some(
    (known) => group === known || group === groupOfRun(known, runId),
  );
}

/** The key of a message about a run is its id, or begins with it. */
const isKeyOf = (runId: string) => (key: string | null) =>
  key === runId || key?.startsWith(`${runId}/`) === true;

/** The field of the configuration of workers that names their run. */
export const runIdField = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, { error: 'expected the id of a run' })
  .optional()
  .describe('the only run that this process works on; all runs by default');
