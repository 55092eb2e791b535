import type { ObjectStore } from '@open-chatgpt/storage';
import { runOfWork } from './run-description';

export interface AbandonedWork {
  /** Keys of what learners that died had left. */
  keys: string[];
  bytes: number;
}

/**
 * What was exchanged for runs that are over, and was not removed with its learner: it was killed, and nobody took up the
 * run again.
 * @param isOver whether nobody works on the run any more
 * @param before what was written since stays
 */
export async function findAbandonedWork(
  store: ObjectStore,
  isOver: (runId: string) => boolean,
  before: Date,
): Promise<AbandonedWork> {
  const found: AbandonedWork = { keys: [], bytes: 0 };
  for await (const { key, size, lastModified } of store.list('runs/')) {
    const runId = runOfWork(key);
    if (runId === null || lastModified >= before || !isOver(runId)) continue;
    found.keys.push(key);
    found.bytes += size;
  }
  return found;
}
