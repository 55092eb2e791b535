import type { DataOf } from '@open-chatgpt/events';
import type { Bus } from '@open-chatgpt/messaging';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { putRunDescription, type RunDescription, type WorkerServices } from '@open-chatgpt/ppo-exchange';
import type { ParameterStore } from '@open-chatgpt/runtime';
import type {
  BatchResult,
  Checkpoint,
  CheckpointContent,
  PpoWorkers,
  RolloutBatch,
  ValueExperience,
} from '@open-chatgpt/training';
import { ExchangeFolder } from './exchange-folder';
import { LearnerMetrics } from './learner-metrics';
import { PendingValueUpdate } from './pending-value-update';
import { RemoteRollouts } from './remote-rollouts';
import { RemoteValueModel } from './remote-value-model';
import { ResendTimer } from './resend-timer';
import { type RunListener, subscribeToRun } from './run-subscription';

export interface RemoteWorkersOptions
  extends Pick<WorkerServices, 'store' | 'logger' | 'events' | 'metrics'> {
  bus: Bus;
  runId: string;
  description: Omit<RunDescription, 'ppo'>;
  /** The trained weights of the policy: with LoRA those of the adapter. */
  policy: ParameterStore;
  reference: ParameterStore;
  config: StageSettings<'ppo'>;
  /** The run is to stop. */
  signal: AbortSignal;
  itemsPerIteration: number;
  resendMs: number;
}

/**
 * Workers that are services: rollout workers sample, the critic scores and values, and its learner trains the value model.
 * Weights and samples go through the store. Requests without an answer are sent again, and the first answer counts, so no
 * sample is trained on twice.
 */
export class RemoteWorkers implements PpoWorkers, RunListener {
  readonly maxStaleness: number;
  readonly sharesDevices = false;
  private readonly folder: ExchangeFolder;
  private readonly metrics: LearnerMetrics;
  private readonly valueUpdates: PendingValueUpdate;
  private readonly valueModel: RemoteValueModel;
  private readonly rollouts: RemoteRollouts;
  private readonly resendTimer: ResendTimer;
  private unsubscribe: () => Promise<void> = async () => {};

  constructor(private readonly options: RemoteWorkersOptions) {
    const { runId, events, signal, config } = options;
    this.maxStaleness = config.maxStaleness;
    // One more than work items name, because workers may still load the one before.
    const keptVersions = config.maxStaleness + 2;
    const folder = new ExchangeFolder(options);
    const metrics = new LearnerMetrics(options.metrics, runId);
    this.valueUpdates = new PendingValueUpdate(async (request) => {
      await events.publish('value.update-requested', request);
    }, signal);
    this.valueModel = new RemoteValueModel({ runId, folder, updates: this.valueUpdates, keptVersions });
    const { maxStaleness, valueModel } = this;
    this.rollouts = new RemoteRollouts({
      ...options,
      folder,
      metrics,
      valueModel,
      maxStaleness,
      keptVersions,
    });
    this.resendTimer = new ResendTimer(
      options.resendMs,
      () => this.rollouts.unanswered > 0 || this.valueUpdates.request !== null,
      (silentSeconds) => void this.resend(silentSeconds),
    );
    this.folder = folder;
    this.metrics = metrics;
  }

  async start(step: number, checkpoint: Checkpoint | null): Promise<void> {
    const { bus, runId, description } = this.options;
    await this.folder.removeEarlier();
    const run = await this.folder.use((store) => putRunDescription(store, this.folder.path, description));
    this.rollouts.start(run);
    this.unsubscribe = await subscribeToRun(bus, runId, this);
    await this.valueModel.start(run, step, checkpoint);
  }

  policyUpdated(step: number): Promise<void> {
    return this.rollouts.policyUpdated(step);
  }

  request(batches: readonly RolloutBatch[]): Promise<void> {
    return this.rollouts.request(batches);
  }

  collect(batches: readonly RolloutBatch[]): Promise<BatchResult[]> {
    return this.rollouts.collect(batches);
  }

  learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    this.folder.removeOutdated(step);
    return this.valueModel.learn(experience, step);
  }

  valueFiles(step: number): Promise<Record<string, CheckpointContent>> {
    return this.valueModel.files(step);
  }

  async checkpointed(): Promise<void> {
    this.valueModel.checkpointed();
  }

  async stop(): Promise<void> {
    this.resendTimer.stop();
    this.metrics.stop();
    await this.unsubscribe();
    await this.folder.remove();
  }

  onScored(scored: DataOf<'experience.scored'>): void {
    if (this.rollouts.settle(scored.itemId, { scored })) this.resendTimer.reset();
    else this.metrics.duplicate();
  }

  onItemFailed(itemId: string, error: string): void {
    if (this.rollouts.settle(itemId, { error })) this.resendTimer.reset();
  }

  onValueUpdated(updated: DataOf<'value.updated'>): void {
    if (this.valueUpdates.resolve(updated)) this.resendTimer.reset();
  }

  onValueUpdateFailed(error: string): void {
    this.valueUpdates.reject(error);
  }

  private async resend(silentSeconds: number): Promise<void> {
    const { logger, runId, events } = this.options;
    const { request } = this.valueUpdates;
    logger.warn(
      { runId, silentSeconds, items: this.rollouts.unanswered, valueUpdate: request !== null },
      'No answer; sending requests again. Check that rollout workers and the critic are running',
    );
    try {
      await this.rollouts.resend();
      if (request) await events.publish('value.update-requested', request);
    } catch (error) {
      logger.warn({ runId, message: (error as Error).message }, 'Cannot send requests again; retrying later');
    }
  }
}
