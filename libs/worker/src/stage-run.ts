import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataOf } from '@open-chatgpt/events';
import type { PipelineConfig, StageConfig } from '@open-chatgpt/pipeline';
import {
  attemptsKey,
  InUse,
  modelPrefix,
  openRunFolder,
  type RunFolder,
  type RunReport,
  type StageEvent,
  type StoredCheckpoint,
} from '@open-chatgpt/runs';
import {
  Attempt,
  makeCurrent,
  publishFolder,
  retryUntilAvailable,
  WorkEndsProcess,
} from '@open-chatgpt/storage';
import {
  resolveLocalModel,
  runPipeline,
  StepAbandoned,
  TrainingDiverged,
  TrainingInterrupted,
  untilStop,
} from '@open-chatgpt/training';
import type { AttemptRules } from './attempt-rules';
import { withinPatience } from './bus-unavailable';
import { type ClaimedRun, RunTakenOver } from './claimed-run';
import { LatestOnlyQueue } from './latest-only-queue';
import { Outbox } from './outbox';
import { createTranslator, type RunContext } from './outgoing-events';
import { emptyFolderOf } from './ranks/empty-folder';
import type { RankLeader } from './ranks/rank-leader';
import { RunCheckpoints, type StagedCheckpoint } from './run-checkpoints';
import { completionOf, type Ending } from './run-completion';
import { endAfter, endOf, type RunEnd, type RunPosition } from './run-end';
import { fetchInputs } from './stage-inputs';
import type { StageWorkerOptions } from './stage-worker';

const LOCK_POLL_MS = 500;

/** How long a checkpoint waits for the events before it, and an attempt for the record of its end. */
const FLUSH_MS = 5000;

/** One attempt at a run by this worker. */
export class StageRun {
  private readonly run: RunContext;
  private readonly outbox: Outbox;
  private readonly translate: ReturnType<typeof createTranslator>;
  private attempt?: Attempt;
  private step = 0;
  /** In the store. */
  private latest?: StoredCheckpoint;

  constructor(
    private readonly options: StageWorkerOptions,
    private readonly request: DataOf<'run.requested'>,
    private readonly claimed: ClaimedRun,
    private readonly rules: AttemptRules,
    /** Where several ranks execute the run. */
    private readonly ranks?: RankLeader,
  ) {
    const { runId, pipelineId, stage, algorithm } = request;
    this.run = { runId, pipelineId, stage, algorithm, attempt: claimed.attempt };
    this.outbox = new Outbox(options.publish);
    this.translate = createTranslator(this.run, options.worker);
    this.latest = claimed.record.checkpoints.at(-1);
  }

  /** See `StageWorker.execute`. */
  async execute(signal: AbortSignal, cancelled: AbortSignal): Promise<RunEnd> {
    const end = await this.untilEnd(signal, cancelled);
    await this.publishAll(signal);
    return end;
  }

  /** Where the run stands now. */
  get position(): RunPosition {
    return { attempt: this.run.attempt, step: Math.max(this.step, this.latest?.step ?? 0) };
  }

  private async untilEnd(signal: AbortSignal, cancelled: AbortSignal): Promise<RunEnd> {
    try {
      // Cancelled before it started: there is nothing to fetch and nothing to stop.
      if (cancelled.aborted) return await this.cancelled();
      const stop = AbortSignal.any([signal, cancelled, this.claimed.lost]);
      this.attempt = await this.beginAttempt(stop);
      return await this.work(stop);
    } catch (error) {
      await this.publishAll(signal);
      return await this.endAfter(error as Error, signal, cancelled);
    } finally {
      // A store that does not answer must not delay the end of a process that was asked to stop.
      await Promise.race([this.attempt?.end(), sleep(FLUSH_MS, undefined, { ref: false })]);
      this.claimed.release();
    }
  }

  /** @throws WorkEndsProcess when the run has ended the processes that executed it */
  private beginAttempt(stop: AbortSignal): Promise<Attempt> {
    const { store, process } = this.options;
    return this.retryUntilAvailable(() => Attempt.begin(store, attemptsKey(this.run.runId), process), stop);
  }

  private async work(stop: AbortSignal): Promise<RunEnd> {
    const { store, resolveBuiltin } = this.options;
    const { runId, stage: name } = this.request;
    const path = this.ranks ? emptyFolderOf(this.options, runId, 0) : this.options.folderOf(this.request);
    const inputs = await fetchInputs(this.options, this.request, path, (work) =>
      this.retryUntilAvailable(work, stop),
    );
    const { pipeline, stage, models } = inputs;
    const folder = await this.openFolder(path, stop);
    const checkpoints = new RunCheckpoints(store, runId, name, folder);
    const uploads = new LatestOnlyQueue<StagedCheckpoint>(
      (staged) => this.upload(staged, checkpoints, stage),
      (staged) => checkpoints.drop(staged),
    );
    try {
      const stored = this.claimed.record.checkpoints;
      const restored = await retryUntilAvailable(
        () => checkpoints.restore(stored, (message) => this.warn(message), stop),
        stop,
        this.storeAlert,
        this.rules.patienceMs,
      );
      this.ranks?.begin(restored);
      const report = await runPipeline({
        pipeline,
        only: {
          stage: name,
          models,
          ...(await untilStop(this.vary(pipeline, stop), stop)),
        },
        folder,
        resume: true,
        ...(this.ranks ? this.ranks.agreeing(stop) : { signal: stop }),
        beforeSave: () => this.flushEvents(),
        resolveModel: resolveLocalModel(resolveBuiltin),
        show: (event) => {
          this.show(event);
          if (event.type === 'checkpointed') this.keep(event, checkpoints, uploads);
        },
      });
      await uploads.finish();
      return await this.complete(report, folder, stop);
    } finally {
      await uploads.finish();
      folder.close();
    }
  }

  private async vary(pipeline: PipelineConfig, stop: AbortSignal) {
    return this.options.variation?.vary(this.request, pipeline, stop);
  }

  private show(event: StageEvent): void {
    if ('step' in event) this.step = event.step;
    for (const outgoing of this.translate(event)) this.outbox.send(outgoing);
  }

  /** @throws BusUnavailable when the patience of the attempt is exhausted, or the attempt must stop */
  private async publishAll(signal: AbortSignal): Promise<void> {
    const { redelivered, patienceMs } = this.rules;
    if (redelivered) return this.outbox.empty();
    await withinPatience(this.outbox.empty(), signal.aborted ? FLUSH_MS : patienceMs);
  }

  /** A run that resumes from a checkpoint does not repeat the events of the steps before it. */
  private async flushEvents(): Promise<void> {
    const flushed = this.outbox.empty().catch(() => undefined);
    await Promise.race([flushed, sleep(FLUSH_MS, undefined, { ref: false })]);
  }

  private warn(message: string): void {
    this.show({ type: 'warning', stage: this.run.stage, message });
  }

  private keep(
    saved: { step: number; path: string },
    checkpoints: RunCheckpoints,
    uploads: LatestOnlyQueue<StagedCheckpoint>,
  ): void {
    try {
      uploads.offer(checkpoints.stageFiles(saved));
    } catch (error) {
      this.checkpointNotStored(saved.step, error);
    }
  }

  private async upload(
    staged: StagedCheckpoint,
    checkpoints: RunCheckpoints,
    stage: StageConfig,
  ): Promise<void> {
    const { step } = staged;
    const { saveTotalLimit } = stage.with;
    try {
      const manifest = await checkpoints.publish(staged);
      const latest = { step, attempt: this.run.attempt, manifest };
      const { checkpoints: kept } = await this.claimed.commit((record) => ({
        ...record,
        checkpoints: [...record.checkpoints.filter((one) => one.step < step), latest].slice(
          -(saveTotalLimit ?? Infinity),
        ),
      }));
      this.latest = latest;
      await this.attempt?.progress();
      this.outbox.send({ type: 'run.checkpointed', data: { ...this.run, step, checkpoint: manifest } });
      if (saveTotalLimit !== null) await checkpoints.prune(kept);
    } catch (error) {
      if (error instanceof RunTakenOver) return;
      this.checkpointNotStored(step, error);
    } finally {
      checkpoints.drop(staged);
    }
  }

  /** Training continues: this checkpoint is still on this machine, and the next one will be stored. */
  private checkpointNotStored(step: number, error: unknown): void {
    this.alert('CheckpointNotStored', `The checkpoint of step ${step}: ${(error as Error).message}`);
  }

  private async complete(report: RunReport, { path }: RunFolder, stop: AbortSignal): Promise<RunEnd> {
    const { store } = this.options;
    const { runId, stage } = this.run;
    const folder = join(path, 'models', stage);
    await this.retryUntilAvailable(() => this.claimed.check(), stop);
    const prefix = modelPrefix(runId);
    const manifest = await this.retryUntilAvailable(() => publishFolder(store, prefix, folder), stop);
    const completed = completionOf(
      { ...this.run, step: this.position.step },
      this.request,
      report,
      manifest,
      this.latest?.manifest,
    );
    await this.retryUntilAvailable(() => this.claimed.commit((record) => ({ ...record, completed })), stop);
    await this.retryUntilAvailable(() => makeCurrent(store, prefix, { manifest }), stop);
    this.outbox.send({ type: 'model.published', data: completed.model });
    this.outbox.send({ type: 'run.completed', data: completed.run });
    return endOf(completed);
  }

  /** @throws the error itself when the run may be tried again */
  private async endAfter(error: Error, signal: AbortSignal, cancelled: AbortSignal): Promise<RunEnd> {
    if (this.claimed.lost.aborted) return this.takenOver();
    // What is abandoned fails in many ways. If the run itself has failed, it will fail again.
    if (signal.aborted || cancelled.aborted || this.rules.mayTryAgain(error)) {
      if (cancelled.aborted) return this.cancelled();
      if (!(error instanceof StepAbandoned)) throw error;
      throw new TrainingInterrupted(this.position.step, this.latest?.manifest.uri ?? null);
    }
    const failure = { code: codeOf(error), message: error.message.slice(0, 8192) };
    return this.end({ type: 'run.failed', data: { ...this.ending(), error: failure } });
  }

  private cancelled(): Promise<RunEnd> {
    return this.end({ type: 'run.cancelled', data: this.ending() });
  }

  private ending() {
    const { generation } = this.request;
    return { ...this.run, ...(generation !== undefined && { generation }), step: this.position.step };
  }

  /** Records how the request ended, so that a duplicate of it is not executed, and publishes the event. */
  private async end(ending: Ending): Promise<RunEnd> {
    const ended = { generation: this.request.generation ?? 0, ...ending };
    try {
      await this.claimed.commit((record) => ({ ...record, ended }));
    } catch (error) {
      if (error instanceof RunTakenOver) return this.takenOver();
      // The event is published without it. A duplicate of the request then tries the run again.
    }
    this.outbox.send(ending);
    return endAfter(ending);
  }

  private takenOver(): RunEnd {
    const message = `Attempt ${this.run.attempt} stopped: another worker has begun the run.`;
    this.alert('RunTakenOver', message);
    return { outcome: 'takenOver', ...this.position, error: { code: 'RunTakenOver', message } };
  }

  /** A replaced attempt may still use the folder until it notices. */
  private async openFolder(path: string, stop: AbortSignal): Promise<RunFolder> {
    const deadline = performance.now() + this.rules.patienceMs;
    for (let alerted = false; ; alerted = true) {
      try {
        return openRunFolder(path, { resume: true });
      } catch (error) {
        if (!(error instanceof InUse) || stop.aborted || performance.now() >= deadline) throw error;
        if (!alerted) this.alert('RunFolderInUse', error.message);
        await sleep(LOCK_POLL_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  private readonly storeAlert = ({ message }: Error): void => this.alert('StoreUnavailable', message);

  /** Abandons work that writes nothing into the folder of the run as soon as the run is to stop. */
  private retryUntilAvailable<T>(work: () => Promise<T>, stop: AbortSignal): Promise<T> {
    return untilStop(retryUntilAvailable(work, stop, this.storeAlert, this.rules.patienceMs), stop);
  }

  private alert(name: string, message: string): void {
    const { runId, stage } = this.run;
    this.outbox.send({
      type: 'alert.raised',
      data: { name, severity: 'warning', message: message.slice(0, 8192), runId, stage, details: {} },
    });
  }
}

function codeOf(error: Error): string {
  if (error instanceof TrainingDiverged) return 'TrainingDiverged';
  return error instanceof WorkEndsProcess ? 'RunEndsItsWorker' : 'StageFailed';
}
