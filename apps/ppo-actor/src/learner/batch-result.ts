import type {
  BatchResult,
  BatchSeconds,
  DroppedSample,
  Refusal,
  ScoredRollout,
} from '@open-chatgpt/training';
import type { WorkItem } from './pending-work-items';

/** The answer to a work item. */
export interface Answer {
  samples: readonly ScoredRollout[];
  dropped: readonly DroppedSample[];
  staleness: number;
  seconds: BatchSeconds;
}

/** The result of each batch of the item. Every requested sample is in one of them once: as a sample or as dropped. */
export function resultsOf({ batches }: WorkItem, answer: Answer): BatchResult[] {
  const { staleness, seconds } = answer;
  const share = 1 / batches.length;
  return batches.map(({ prompts }) => {
    const missing = new Set(prompts.map(({ sampleId }) => sampleId));
    const isRequested = ({ id }: { id: number }) => missing.delete(id);
    const samples = answer.samples.filter(isRequested);
    const dropped = answer.dropped.filter(isRequested);
    return {
      samples,
      dropped: [...dropped, ...[...missing].map((id) => ({ id, reason: 'missingFromAnswer' }))],
      staleness,
      seconds: { rollout: share * seconds.rollout, score: share * seconds.score, queue: seconds.queue },
    };
  });
}

/** The answer is refused: all samples are dropped, and the prompts are requested again. */
export const refusedResults = (item: WorkItem, refused: Refusal): BatchResult[] =>
  droppedResults(item, refused).map((result) => ({ ...result, refused }));

/** The item became a dead letter: all samples are dropped. */
export const failedResults = (item: WorkItem): BatchResult[] => droppedResults(item, 'failed');

function droppedResults({ batches }: WorkItem, reason: string): BatchResult[] {
  return batches.map(({ prompts }) => ({
    samples: [],
    dropped: prompts.map(({ sampleId }) => ({ id: sampleId, reason })),
    staleness: 0,
    seconds: { rollout: 0, score: 0, queue: 0 },
  }));
}
