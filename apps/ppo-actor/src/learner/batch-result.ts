import type { DataOf } from '@open-chatgpt/events';
import { droppedFromEvent, scoredFromEvent } from '@open-chatgpt/ppo-exchange';
import type { BatchResult, DroppedSample, RolloutBatch } from '@open-chatgpt/training';

const NO_TIME = { rollout: 0, score: 0, queue: 0 };

/** What the critic told of an item. Every sample that was asked for is in it once, as a sample or as dropped. */
export function toBatchResult(
  item: RolloutBatch,
  { samples, dropped, seconds }: DataOf<'experience.scored'>,
  staleness: number,
): BatchResult {
  const open = new Set(item.prompts.map(({ sampleId }) => sampleId));
  const close = ({ id }: { id: number }) => open.delete(id);
  const kept = samples.map(scoredFromEvent).filter(close);
  const lost: DroppedSample[] = droppedFromEvent(dropped).filter(close);
  const missing = [...open].map((id) => ({ id, reason: 'missingFromAnswer' }));
  return { samples: kept, dropped: [...lost, ...missing], staleness, seconds: seconds ?? NO_TIME };
}

/** Answered by a policy, or valued by a value model, that is unknown or too old. */
export const staleResult = (item: RolloutBatch) => ({
  ...droppedResult(item, 'stale'),
  refused: 'stale' as const,
});

/** Given up by a worker after all its tries. */
export const failedResult = (item: RolloutBatch) => droppedResult(item, 'failed');

function droppedResult({ prompts }: RolloutBatch, reason: string): BatchResult {
  const dropped = prompts.map(({ sampleId }) => ({ id: sampleId, reason }));
  return { samples: [], dropped, staleness: 0, seconds: NO_TIME };
}
