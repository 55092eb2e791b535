import type { ScoredRollout } from './experience';

/** A prompt by its number in the data set, and the sample that its answer will be. */
export interface PromptItem {
  /** Number of the sample in the run; the ledger's key. */
  sampleId: number;
  promptIndex: number;
  prompt: readonly number[];
}

/** Prompts that are answered and scored together: what one worker does at a time. */
export interface WorkItem {
  /** Names the item in its run. */
  id: string;
  /** The iteration that learns from it, or the step that is evaluated. */
  iteration: number;
  /** Answers to be scored alone: the reference and the value model are not asked. */
  evaluation: boolean;
  /** β of the iteration. */
  klCoef: number;
  /** Of all items of the iteration: a sample draws the same numbers whichever item it is in and whoever answers it. */
  seed: number;
  /** Number of the first prompt among those of the iteration. */
  firstIndex: number;
  prompts: readonly PromptItem[];
}

/** A sample that comes to nothing, and why. */
export interface DroppedSample {
  id: number;
  reason: string;
}

/** Seconds that the parts of the work on an item took, waiting in line left out; and the waiting. */
export interface ItemSeconds {
  rollout: number;
  score: number;
  queue: number;
}

/** What became of a work item. */
export interface ItemResult {
  samples: ScoredRollout[];
  dropped: DroppedSample[];
  /** How many updates the policy has made since the version that sampled. */
  staleness: number;
  seconds: ItemSeconds;
}

/** The answer to an item came from a version of the policy that is too old, or unknown: it must be asked again. */
export const STALE = 'stale';

/** The bytes of JSON that a message bus takes in one message, with room for what else is in it. */
const MESSAGE_BYTES = 900_000;
/** A token id with its comma, and a number with all its digits. */
const [TOKEN_BYTES, NUMBER_BYTES] = [8, 24];

/**
 * Prompts in one work item: as many as are generated and scored at a time, but no more than one message carries with
 * all that is known of their answers (log-probabilities under policy and reference, values, advantages, returns).
 */
export function promptsPerItem(sizes: {
  localRolloutForwardBatchSize: number;
  maxPromptLength: number;
  responseLength: number;
}): number {
  const { localRolloutForwardBatchSize, maxPromptLength, responseLength } = sizes;
  const bytes = maxPromptLength * TOKEN_BYTES + responseLength * (TOKEN_BYTES + 5 * NUMBER_BYTES);
  return Math.max(1, Math.min(localRolloutForwardBatchSize, 1024, Math.floor(MESSAGE_BYTES / bytes)));
}

/** Divides prompts into work items of `size`. */
export function divideIntoItems(
  prompts: readonly PromptItem[],
  size: number,
  common: Omit<WorkItem, 'id' | 'firstIndex' | 'prompts'>,
): WorkItem[] {
  const name = `${common.evaluation ? 'evaluation-' : ''}${common.iteration}`;
  return Array.from({ length: Math.ceil(prompts.length / size) }, (_, number) => ({
    ...common,
    id: `${name}-${number}`,
    firstIndex: number * size,
    prompts: prompts.slice(number * size, (number + 1) * size),
  }));
}
