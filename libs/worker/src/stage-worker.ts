import type { DataOf } from '@open-chatgpt/events';
import type { AlgorithmName, PipelineConfig } from '@open-chatgpt/pipeline';
import { modelPrefix } from '@open-chatgpt/runs';
import { makeCurrent, type ObjectStore, retryUntilAvailable } from '@open-chatgpt/storage';
import type { OnlyStage } from '@open-chatgpt/training';
import { type AttemptRules, serviceRules } from './attempt-rules';
import { withinPatience } from './bus-unavailable';
import { CancelWatch, recordCancellation } from './cancellation';
import { ClaimedRun, type EndedRun } from './claimed-run';
import type { OneRunEnd } from './one-run/one-run-end';
import type { OutgoingEvent } from './outgoing-events';
import { followRun } from './ranks/follow-run';
import type { RankFollower } from './ranks/rank-follower';
import type { RankLeader } from './ranks/rank-leader';
import { endAfter, endOf, type RunEnd } from './run-end';
import { StageRun } from './stage-run';

export interface StageWorkerOptions {
  algorithm: AlgorithmName;
  variation?: StageVariation;
  /** Where models lie that stages hand on, and the checkpoints of runs. */
  store: ObjectStore;
  /** Where fetched models are kept, each under the hash of its manifest. */
  cacheDir: string;
  /** Resolves when the bus has accepted the events, in this order; there is one call at a time for a run. */
  publish: (events: readonly OutgoingEvent[]) => Promise<void>;
  /** The folder of a run on this machine. A repeated request resumes from it, or from the store. */
  folderOf: (request: DataOf<'run.requested'>) => string;
  /** Where each rank of a run of several has a folder. */
  ranksDir: string;
  /** This process, for people. */
  worker: string;
  /** Unique among the processes that share the store; by default this process. */
  process?: string;
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
}

/** What a service replaces in the plain loop. */
export interface StageVariation {
  /** @param signal aborted when the run must stop */
  vary(
    request: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<OnlyStage, 'base' | 'algorithm'>>;
}

/**
 * Carries out `run.requested` for one stage: fetches the models, trains with the plain loop of libs/training, stores
 * checkpoints and the result, and publishes events. Idempotent: a repeated request, here or on another machine, after a
 * crash or a duplicate message, resumes from the last checkpoint; of a request that has ended only the final events are
 * repeated. A run that failed or was cancelled continues when it is requested with a higher generation.
 */
export class StageWorker {
  private readonly active = new Map<string, CancelWatch>();

  constructor(private readonly options: StageWorkerOptions) {}

  get algorithm(): AlgorithmName {
    return this.options.algorithm;
  }

  /**
   * Requests that a run stop after its current step, with a checkpoint, on whichever machine it is. A run that has not
   * started ends as soon as a worker claims it. Resolves when the store holds the request.
   */
  async cancel({ runId, generation = 0 }: DataOf<'run.cancel-requested'>): Promise<void> {
    this.active.get(runId)?.receive(generation);
    await recordCancellation(this.options.store, runId, generation);
  }

  /**
   * Resolves when the run has ended and its final events are published, or another worker has claimed it.
   * @param signal stops after the current step, with a checkpoint: the request should then be delivered again
   * @param ranks the others, where several ranks execute the run
   * @throws Error when it stopped so, or the run may be tried again by the rules
   */
  async execute(
    request: DataOf<'run.requested'>,
    signal: AbortSignal,
    rules: AttemptRules = serviceRules,
    ranks?: RankLeader,
  ): Promise<RunEnd> {
    const { store, worker } = this.options;
    const { runId, generation = 0 } = request;
    const watch = new CancelWatch(store, runId, generation);
    this.active.set(runId, watch);
    try {
      const claimed = await whileAvailable(
        async () => {
          await watch.start();
          return ClaimedRun.claim(store, runId, worker, rules.redelivered ? generation : null);
        },
        signal,
        rules,
      );
      if (!(claimed instanceof ClaimedRun)) return await this.repeatEnd(claimed, signal, rules);
      const run = new StageRun(this.options, request, claimed, rules, ranks);
      rules.onClaimed?.(() => run.position);
      return await run.execute(signal, watch.cancelled);
    } finally {
      watch.stop();
      if (this.active.get(runId) === watch) this.active.delete(runId);
    }
  }

  /** Executes the run as a rank above 0. @returns how rank 0 ended */
  follow(request: DataOf<'run.requested'>, follower: RankFollower, patienceMs: number): Promise<OneRunEnd> {
    return followRun(this.options, request, follower, { patienceMs });
  }

  /** Publishes the final events again: the worker may have died between the record and the events. */
  private async repeatEnd(end: EndedRun, signal: AbortSignal, rules: AttemptRules): Promise<RunEnd> {
    const { store, publish } = this.options;
    if ('ended' in end) {
      await publish([end.ended]);
      return endAfter(end.ended);
    }
    const { model, run } = end.completed;
    const current = { manifest: model.manifest };
    await whileAvailable(() => makeCurrent(store, modelPrefix(run.runId), current), signal, rules);
    const publishing = publish([
      { type: 'model.published', data: model },
      { type: 'run.completed', data: run },
    ]);
    await (rules.redelivered ? publishing : withinPatience(publishing, rules.patienceMs));
    return endOf(end.completed);
  }
}

function whileAvailable<T>(work: () => Promise<T>, signal: AbortSignal, rules: AttemptRules): Promise<T> {
  return rules.redelivered ? work() : retryUntilAvailable(work, signal, () => undefined, rules.patienceMs);
}
