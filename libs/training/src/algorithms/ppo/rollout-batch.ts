import type { ScoredRollout } from './experience';

/** A prompt by its number in the dataset, and the number of the sample that answers it. */
export interface SamplePrompt {
  /** Number of the sample in the run; the ledger's key. */
  sampleId: number;
  promptIndex: number;
  prompt: readonly number[];
}

/** Prompts that are answered and scored together. */
export interface RolloutBatch {
  /** Unique in the run. */
  id: string;
  /** The iteration that learns from the batch, or the step that is evaluated. */
  iteration: number;
  /** The answers are only scored: without log-probabilities of the reference, and without values. */
  evaluation: boolean;
  /** β of the iteration. */
  klCoef: number;
  /** The same for all batches of an iteration: a sample draws its numbers by its place in the iteration. */
  seed: number;
  /** Place of the first prompt in the iteration. */
  firstIndex: number;
  prompts: readonly SamplePrompt[];
}

/** A sample that is not trained on, and the reason. */
export interface DroppedSample {
  id: number;
  reason: string;
}

/** Seconds of work on a batch, and seconds that it waited in queues. */
export interface BatchSeconds {
  rollout: number;
  score: number;
  queue: number;
}

/** Why the answer to a batch is refused: it comes from weights that are too old, or the learner cannot read it. */
export type Refusal = 'stale' | 'unreadable';

export interface BatchResult {
  samples: ScoredRollout[];
  dropped: DroppedSample[];
  /** Set when all samples were dropped for this reason: the prompts are requested again. */
  refused?: Refusal;
  /** Updates of the policy since the version that sampled. */
  staleness: number;
  seconds: BatchSeconds;
}

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

/** Divides prompts into batches of `size`. */
export function divideIntoBatches(
  prompts: readonly SamplePrompt[],
  size: number,
  common: Omit<RolloutBatch, 'id' | 'firstIndex' | 'prompts'>,
): RolloutBatch[] {
  const name = `${common.evaluation ? 'evaluation-' : ''}${common.iteration}`;
  return Array.from({ length: Math.ceil(prompts.length / size) }, (_, number) => ({
    ...common,
    id: `${name}-${number}`,
    firstIndex: number * size,
    prompts: prompts.slice(number * size, (number + 1) * size),
  }));
}
