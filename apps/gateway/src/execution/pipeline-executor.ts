import type { Dataref } from '@open-chatgpt/events';
import type { Pipeline, Run, RunEvent } from '@open-chatgpt/orchestration';

/**
 * Who is asked to execute pipelines: the long-lived workers of this platform, or the operator of a cluster. The documents of
 * pipelines show what happens; only an executor says what is wanted.
 */
export abstract class PipelineExecutor {
  /** Whether the workers of all runs of an algorithm are in one group of the bus, so that it shows whether one is there. */
  abstract readonly workersShareGroups: boolean;

  /**
   * Creates the document of a new pipeline, and asks for its execution.
   * @param datasets the datasets of the platform that it names, by id, as they are now
   * @returns false when the id is taken
   * @throws HttpException when the pipeline is refused
   */
  abstract submit(pipeline: Pipeline, datasets: Record<string, Dataref>): Promise<Pipeline | false>;

  /** Stops the running stage, with a checkpoint. No further stage starts. @param pipeline has not ended */
  abstract cancel(pipeline: Pipeline): Promise<Pipeline>;

  /** Continues from the last checkpoint. @param pipeline has not completed */
  abstract resume(pipeline: Pipeline): Promise<Pipeline>;

  /** Cancels the pipeline if it has not ended, and forgets what is wanted. Its document and its history stay. Idempotent. */
  abstract remove(pipeline: Pipeline): Promise<Pipeline>;

  /** Stops one run. @param run has not ended */
  abstract cancelRun(run: Run): Promise<void>;

  /** Events of one run have been applied to the document of its pipeline. Idempotent. */
  abstract applied(pipeline: Pipeline, events: readonly RunEvent[]): Promise<void>;

  /** Begins with the service. */
  abstract start(): Promise<void>;

  /** Ends with the service. */
  abstract stop(): Promise<void>;
}
