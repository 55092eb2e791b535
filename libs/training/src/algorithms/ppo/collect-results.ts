import type { PromptPlanner } from './prompt-planner';
import type { BatchResult, DroppedSample, Refusal, RolloutBatch } from './rollout-batch';
import type { PpoWorkers } from './workers';

/** Times that the prompts of a batch are requested again before the run fails. */
const MAX_REFUSALS = 5;

const explanations: Record<Refusal, string> = {
  stale:
    'the answers came from policies that are too old; check that every rollout worker reaches the store, or raise maxStaleness',
  unreadable:
    'the answers could not be read from the store; check that every worker uses the store of the learner',
};

export interface CollectOptions {
  workers: PpoWorkers;
  planner: PromptPlanner;
  /** Receives the samples of refused answers, for the ledger. */
  refused?: DroppedSample[];
}

/**
 * Waits for the results of batches that were requested. Where an answer is refused, requests its prompts again as new
 * samples.
 * @throws Error when the answers to a batch are refused too often
 */
export async function collectResults(
  batches: readonly RolloutBatch[],
  options: CollectOptions,
  refusals = 0,
): Promise<BatchResult[]> {
  const { workers, planner, refused } = options;
  const results = await workers.collect(batches);
  const again = results.flatMap((result, i) => (result.refused ? [i] : []));
  if (again.length === 0) return results;
  for (const i of again) refused?.push(...results[i].dropped);
  if (refusals === MAX_REFUSALS) {
    const [first] = again;
    const reason = explanations[results[first].refused as Refusal];
    throw new Error(`rollout batch ${batches[first].id} was refused after ${refusals} retries: ${reason}`);
  }
  const retries = again.map((i) => planner.retry(batches[i]));
  await workers.request(retries);
  const fresh = await collectResults(retries, options, refusals + 1);
  return results.map((result, i) => (result.refused ? fresh[again.indexOf(i)] : result));
}
