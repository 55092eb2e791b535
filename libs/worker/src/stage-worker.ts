import type { DataOf, EventOf } from '@open-chatgpt/events';
import type { AlgorithmName, PipelineConfig } from '@open-chatgpt/pipeline';
import { modelPrefix } from '@open-chatgpt/runs';
import { makeCurrent, type ObjectStore } from '@open-chatgpt/storage';
import type { OnlyStage } from '@open-chatgpt/training';
import { CancelWatch, keepCancellation } from './cancellation';
import { ClaimedRun } from './claimed-run';
import type { Told } from './run-events';
import { StageRun } from './stage-run';

export interface StageWorkerOptions {
  algorithm: AlgorithmName;
  variation?: StageVariation;
  /** Where models lie that stages hand on, and the checkpoints of runs. */
  store: ObjectStore;
  /** Where fetched models are kept, each under the hash of its manifest. */
  cacheDir: string;
  /** Resolves when the events are safely on their way, in this order; those of one run are told one after the other. */
  tell: (events: readonly Told[]) => Promise<void>;
  /** Where a run in hand lies; asked for again, it goes on with what it left there, or with what is in the store. */
  folderOf: (request: DataOf<'run.requested'>) => string;
  /** The process at work, for people. */
  worker: string;
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
}

/** What a service does otherwise than the plain loop. */
export interface StageVariation {
  /** @param signal the run is to stop */
  vary(
    request: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<OnlyStage, 'base' | 'algorithm'>>;
}

/**
 * Carries out `run.requested` for one stage: fetches the models, trains with the plain loop of libs/training, stores
 * checkpoints and the result and tells what happens. Asked again for the same run, here or on another machine, after a
 * crash or because the message came twice, it goes on from the last checkpoint, and a finished run is only told again.
 */
export class StageWorker {
  private readonly atWork = new Map<string, CancelWatch>();

  constructor(private readonly options: StageWorkerOptions) {}

  get algorithm(): AlgorithmName {
    return this.options.algorithm;
  }

  /**
   * Has the run stop after the step in hand, with a checkpoint, wherever it is at work; where it is not yet, it ends as soon
   * as a worker takes it up. Resolves when that is written down in the store. Runs of other stages are not meant.
   */
  async cancel({ data, time }: Pick<EventOf<'run.cancel-requested'>, 'data' | 'time'>): Promise<void> {
    const requestedAt = Date.parse(time);
    this.atWork.get(data.runId)?.hear(requestedAt);
    await keepCancellation(this.options.store, data.runId, requestedAt);
  }

  /**
   * Resolves when the run has ended and its end is told, or another worker has begun it since.
   * @param signal stops after the step in hand, with a checkpoint: the request should then be delivered again
   * @throws Error when it stopped so, or the store or bus cannot be reached
   */
  async carryOut(
    { data: request, time }: Pick<EventOf<'run.requested'>, 'data' | 'time'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, tell, worker } = this.options;
    const { runId } = request;
    const watch = new CancelWatch(store, runId, Date.parse(time));
    this.atWork.set(runId, watch);
    try {
      await watch.start();
      const claimed = await ClaimedRun.claim(store, runId, worker);
      if (claimed instanceof ClaimedRun)
        await new StageRun(this.options, request, claimed).carryOut(signal, watch.cancelled);
      else {
        // The worker may have died between the two.
        await makeCurrent(store, modelPrefix(runId), { manifest: claimed.completed.model.manifest });
        const { model, run } = claimed.completed;
        await tell([
          { type: 'model.published', data: model },
          { type: 'run.completed', data: run },
        ]);
      }
    } finally {
      watch.stop();
      if (this.atWork.get(runId) === watch) this.atWork.delete(runId);
    }
  }
}
