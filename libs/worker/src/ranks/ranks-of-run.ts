import { type ProcessGroup, processGroup } from '@open-chatgpt/runtime';

/**
 * The ranks that execute a run together; null for one process.
 * @throws Error naming the variable that is wrong or missing: without a token each rank would claim the run from the others
 */
export function ranksOfRun(env: NodeJS.ProcessEnv = process.env): ProcessGroup | null {
  const size = Number(env.OPEN_CHATGPT_WORLD_SIZE ?? 1);
  const group = processGroup(env);
  if (!group && size > 1)
    throw new Error(
      `the run has ${size} ranks and they have no token: set OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN (docs/devices.md), or ranks: 1 ` +
        'for its trainer',
    );
  return group;
}
