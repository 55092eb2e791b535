import type { CheckpointContent } from '../../checkpoint/files';
import type { Checkpoint } from '../../checkpoint/load';
import type { ValueExperience } from './experience';
import type { ItemResult, WorkItem } from './work-item';

/**
 * Who samples, scores and values for the loop, and trains the value model: this process (`LocalWorkers`), or services
 * that may run in many. The loop is the same, and in strict on-policy mode so are its losses.
 */
export interface PpoWorkers {
  /** How many iterations the work may run ahead of the policy; 0 is strictly on-policy. */
  readonly maxStaleness: number;

  /** Called once, before anything else: the value model as it was at `step`. */
  start(step: number, checkpoint: Checkpoint | null): Promise<void>;

  /** The policy's weights are others now: items asked for from here on are answered with them. */
  policyUpdated(step: number): Promise<void>;

  /** Begins work on these items, without waiting for it. */
  ask(items: readonly WorkItem[]): Promise<void>;

  /**
   * The results of items that were asked for, in their order.
   * @throws StepAbandoned when the run is to stop
   */
  collect(items: readonly WorkItem[]): Promise<ItemResult[]>;

  /** Trains the value model, and values with it from here on. @returns its metrics */
  learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>>;

  /** What a checkpoint after `step` holds of the value model; `start` is given it again. */
  valueFiles(step: number): Promise<Record<string, CheckpointContent>>;

  /** The checkpoint of `step` is whole: nothing from before it will be asked for again. */
  checkpointed(step: number): Promise<void>;

  /** The run has ended, well or badly. */
  stop(): Promise<void>;
}

/** Among the files of a checkpoint: weights, moments and number of updates of the value model, as safetensors. */
export const VALUE_STATE_FILE = 'value-state.safetensors';
