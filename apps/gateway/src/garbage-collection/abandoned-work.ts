import { runOfExchange } from '@open-chatgpt/runs';
import type { ObjectStore } from '@open-chatgpt/storage';

export interface AbandonedWork {
  keys: string[];
  bytes: number;
}

/**
 * Objects that services exchanged for runs that have ended. A learner removes them at its end; these are left because it
 * was killed, and no other learner resumed the run.
 * @param hasEnded whether no worker executes the run any more
 * @param before objects written since then are left out
 */
export async function findAbandonedWork(
  store: ObjectStore,
  hasEnded: (runId: string) => boolean,
  before: Date,
): Promise<AbandonedWork> {
  const found: AbandonedWork = { keys: [], bytes: 0 };
  for await (const { key, size, lastModified } of store.list('runs/')) {
    const runId = runOfExchange(key);
    if (runId === null || lastModified >= before || !hasEnded(runId)) continue;
    found.keys.push(key);
    found.bytes += size;
  }
  return found;
}
