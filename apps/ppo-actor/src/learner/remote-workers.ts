import { randomBytes } from 'node:crypto';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import type { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { StageSettings } from '@open-chatgpt/pipeline';
import {
  putRunDescription,
  putWeights,
  type RunDescription,
  removeObject,
  removeObjects,
} from '@open-chatgpt/ppo-exchange';
import { exchangePrefix } from '@open-chatgpt/runs';
import type { Logger, MetricsService } from '@open-chatgpt/service';
import { type ObjectStore, retryUntilAvailable } from '@open-chatgpt/storage';
import {
  type BaseModel,
  type BatchResult,
  type Checkpoint,
  type CheckpointContent,
  type PpoWorkers,
  type RolloutBatch,
  type ValueExperience,
  weightsFile,
  weightsVersion,
} from '@open-chatgpt/training';
import { failedResult, staleResult, toBatchResult } from './batch-result';
import { LearnerMetrics } from './learner-metrics';
import { PendingValueUpdate } from './pending-value-update';
import { type Outcome, PendingWorkItems } from './pending-work-items';
import { RemoteValueModel } from './remote-value-model';
import { ResendTimer } from './resend-timer';
import { listenToRun, type RunListener } from './run-subscription';
import { VersionRetention } from './version-retention';

export interface RemoteWorkersOptions {
  bus: Bus;
  events: EventPublisher;
  store: ObjectStore;
  metrics: MetricsService;
  logger: Logger;
  runId: string;
  description: Omit<RunDescription, 'ppo'>;
  /** What is trained of the policy: with LoRA the adapter. */
  policy: BaseModel['weights'];
  reference: BaseModel['weights'];
  config: StageSettings<'ppo'>;
  /** The run is to stop. */
  signal: AbortSignal;
  askAgainMs: number;
}

/** Share of the items of an iteration that may be given up before the run is. */
const MOST_FAILED = 0.5;

/**
 * Has services do the work: rollout workers answer the items, the critic scores and values them, and its learner trains
 * the value model. Weights go through the store. Whatever is lost on the way is asked for again; the first answer to an
 * item counts, so nothing is learned from twice.
 */
export class RemoteWorkers implements PpoWorkers, RunListener {
  readonly maxStaleness: number;
  private readonly items = new PendingWorkItems();
  private readonly values: PendingValueUpdate;
  private readonly policies: VersionRetention;
  private readonly valueModel: RemoteValueModel;
  private readonly askAgain: ResendTimer;
  private readonly figures: LearnerMetrics;
  /** The step of each version of the policy. */
  private readonly policySteps = new Map<string, number>();
  private step = 0;
  /** Its own: a learner that was taken for dead must not remove what its successor needs. */
  private readonly folder: string;
  private run?: Dataref;
  /** What nobody needs any more, still in the store. */
  private outdated: Dataref[] = [];
  /** Resolves when what was outdated is removed. */
  private discarded: Promise<void> = Promise.resolve();
  private stopListening: () => Promise<void> = async () => {};

  constructor(private readonly options: RemoteWorkersOptions) {
    const { store, config, signal, askAgainMs, metrics, runId } = options;
    this.folder = `${exchangePrefix(runId)}/${randomBytes(8).toString('hex')}`;
    this.maxStaleness = config.maxStaleness;
    const discard = (reference: Dataref) => void this.outdated.push(reference);
    this.policies = new VersionRetention(config.maxStaleness + 2, discard);
    this.values = new PendingValueUpdate(async (request) => {
      await options.events.publish('value.update-requested', request);
    }, signal);
    this.valueModel = new RemoteValueModel({
      store,
      runId,
      folder: this.folder,
      requests: this.values,
      keptVersions: config.maxStaleness + 2,
      retryUntilAvailable: (work) => this.retryUntilAvailable(work),
      discard,
    });
    this.figures = new LearnerMetrics(metrics, runId);
    this.askAgain = new ResendTimer(
      askAgainMs,
      () => this.items.unanswered.length > 0 || this.values.unanswered !== null,
      (seconds) => void this.repeat(seconds),
    );
  }

  async start(step: number, checkpoint: Checkpoint | null): Promise<void> {
    const { bus, store, runId, description } = this.options;
    this.step = step;
    // What learners before this one have left.
    await this.retryUntilAvailable(() => removeObjects(store, `${exchangePrefix(runId)}/`));
    this.run = await this.retryUntilAvailable(() => putRunDescription(store, this.folder, description));
    this.stopListening = await listenToRun(bus, runId, this);
    await this.valueModel.start(this.run, step, checkpoint);
  }

  async policyUpdated(step: number): Promise<void> {
    const { store, events, runId, policy } = this.options;
    const model = await this.retryUntilAvailable(() =>
      putWeights(store, `${this.folder}/policy`, weightsFile(policy)),
    );
    this.step = step;
    this.policySteps.set(model.version, step);
    this.policies.add(model);
    await events.publish('policy.updated', { runId, iteration: step, model });
  }

  async request(items: readonly RolloutBatch[]): Promise<void> {
    const requests = items.map((item) => this.requestOf(item));
    for (const request of requests) this.items.add(request);
    await this.send(requests);
  }

  async collect(items: readonly RolloutBatch[]): Promise<BatchResult[]> {
    const outcomes = await this.items.collect(
      items.map(({ id }) => id),
      this.options.signal,
    );
    const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    if (failures.length > MOST_FAILED * items.length)
      throw new Error(
        `${failures.length} of ${items.length} work items were given up, the last one because: ${failures.at(-1)}. ` +
          'See `openchat dlq list`; resume the run when the cause is removed',
      );
    const results = outcomes.map((outcome, i) => this.resultOf(items[i], outcome));
    this.figures.collected(results, this.items.unanswered.length);
    return results;
  }

  learnValue(experience: readonly ValueExperience[], step: number): Promise<Record<string, number>> {
    this.discardOutdated();
    return this.valueModel.learn(experience, step);
  }

  valueFiles(step: number): Promise<Record<string, CheckpointContent>> {
    return this.valueModel.files(step);
  }

  async checkpointed(): Promise<void> {
    this.valueModel.checkpointed();
  }

  async stop(): Promise<void> {
    this.askAgain.stop();
    this.figures.stop();
    await this.stopListening();
    await this.discarded;
    const { store, logger, runId } = this.options;
    // A worker that finds nothing here knows that nobody waits. What cannot be removed now the next learner removes.
    await removeObjects(store, `${this.folder}/`).catch((error: Error) => {
      logger.warn({ runId, message: error.message }, 'Cannot remove what was exchanged for the run');
    });
  }

  onScored(scored: DataOf<'experience.scored'>): void {
    if (this.items.settle(scored.itemId, { scored })) this.answered();
    else this.figures.repeated();
  }

  onItemGivenUp(itemId: string, error: string): void {
    if (this.items.settle(itemId, { error })) this.answered();
  }

  onValueUpdated(updated: DataOf<'value.updated'>): void {
    if (this.values.answer(updated)) this.answered();
  }

  onValueGivenUp(error: string): void {
    this.values.giveUp(error);
  }

  private answered(): void {
    this.askAgain.answered();
    this.figures.open(this.items.unanswered.length);
  }

  private requestOf(item: RolloutBatch): DataOf<'rollout.requested'> {
    const { runId, config, description, reference } = this.options;
    const run = this.described();
    return {
      runId,
      itemId: item.id,
      iteration: item.iteration,
      run,
      policy: this.policies.latest,
      reference: { version: weightsVersion(reference), weights: description.models.base ?? run },
      value: this.valueModel.latest,
      evaluation: item.evaluation,
      klCoef: item.klCoef,
      sampling: {
        temperature: config.temperature,
        topK: config.topK,
        topP: config.topP,
        maxNewTokens: config.responseLength,
        seed: item.seed,
        firstIndex: item.firstIndex,
      },
      prompts: item.prompts.map(({ prompt, ...others }) => ({ ...others, prompt: [...prompt] })),
    };
  }

  private async send(requests: readonly DataOf<'rollout.requested'>[]): Promise<void> {
    const { events } = this.options;
    // One by one: together they might be more than the broker takes at once, and workers begin with the first.
    for (const request of requests) await events.publish('rollout.requested', request);
    this.figures.open(this.items.unanswered.length);
  }

  private async repeat(seconds: number): Promise<void> {
    const { logger, runId, events } = this.options;
    const items = this.items.unanswered;
    const value = this.values.unanswered;
    const text = 'No answer for long: asking again. Are rollout workers and the critic up?';
    logger.warn({ runId, seconds, items: items.length, value: value !== null }, text);
    try {
      await this.send(items);
      if (value) await events.publish('value.update-requested', value);
    } catch (error) {
      logger.warn({ runId, error: (error as Error).message }, 'Cannot ask again; will try later');
    }
  }

  /** Within the staleness budget what older weights have made is used; otherwise it is refused. */
  private resultOf(item: RolloutBatch, outcome: Outcome): BatchResult {
    if ('error' in outcome) return failedResult(item);
    const { policyVersion, valueVersion } = outcome.scored;
    const age = (step: number | undefined) =>
      step === undefined ? Number.POSITIVE_INFINITY : this.step - step;
    const staleness = age(this.policySteps.get(policyVersion));
    const oldest = Math.max(staleness, age(this.valueModel.stepOf(valueVersion)));
    return oldest <= this.maxStaleness ? toBatchResult(item, outcome.scored, staleness) : staleResult(item);
  }

  private described(): Dataref {
    if (!this.run) throw new Error('the run has not been started');
    return this.run;
  }

  private retryUntilAvailable<T>(work: () => Promise<T>): Promise<T> {
    const { signal, logger, runId } = this.options;
    return retryUntilAvailable(work, signal, ({ message }) =>
      logger.warn({ runId, message }, 'The store is away; waiting for it'),
    );
  }

  /** While the models learn, for sampling keeps this thread busy. What is left over goes with the folder. */
  private discardOutdated(): void {
    const outdated = this.outdated.splice(0);
    const remove = async () => {
      for (const reference of outdated)
        await this.retryUntilAvailable(() => removeObject(this.options.store, reference));
    };
    this.discarded = this.discarded.then(remove).catch(() => undefined);
  }
}
