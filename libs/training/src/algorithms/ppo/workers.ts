import type { CheckpointContent } from '../../checkpoint/files';
import type { Checkpoint } from '../../checkpoint/load';
import type { ValueExperience } from './experience';
import type { BatchResult, RolloutBatch } from './rollout-batch';

/**
 * Samples, scores and values for the loop, and trains the value model: in this process (`LocalWorkers`), or in services
 * that may run on many machines. The loop is the same for both, and so are its losses when it is strictly on-policy.
 */
export interface PpoWorkers {
  /** Iterations that the workers may run ahead of the policy; 0 is strictly on-policy. */
  readonly maxStaleness: number;

  /**
   * Whether the value model learns on the devices of the policy. Then the two learn one after the other: where several processes
   * form one mesh, each has to launch its programs in the same order.
   */
  readonly sharesDevices: boolean;

  /** Called once, before any other method. The value model starts as it was at `step`. */
  start(step: number, checkpoint: Checkpoint | null): Promise<void>;

  /** The policy has new weights. Batches that are requested from now on are answered with them. */
  policyUpdated(step: number): Promise<void>;

  /** Starts work on these batches and does not wait for it. */
  request(batches: readonly RolloutBatch[]): Promise<void>;

  /**
   * Waits for the results of batches that were requested.
   * @returns one for each batch, in their order
   * @throws StepAbandoned when the run is to stop
   */
  collect(batches: readonly RolloutBatch[]): Promise<BatchResult[]>;

  /** Trains the value model, where there is one, which gives the values from now on. @returns its metrics */
  learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>>;

  /** The value model's part of a checkpoint after `step`; `start` gets it back. */
  valueFiles(step: number): Promise<Record<string, CheckpointContent>>;

  /** The checkpoint of `step` is complete. No resumed run needs anything older. */
  checkpointed(step: number): Promise<void>;

  /** The run has ended: it completed, failed or was stopped. */
  stop(): Promise<void>;
}

/** File of a checkpoint: weights, moments and number of updates of the value model, as safetensors. */
export const VALUE_STATE_FILE = 'value-state.safetensors';
