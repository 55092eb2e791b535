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
