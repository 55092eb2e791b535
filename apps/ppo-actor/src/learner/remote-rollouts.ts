import type { DataOf, Dataref } from '@open-chatgpt/events';
import type { EventPublisher } from '@open-chatgpt/messaging';
import { getExperience, putPrompts, putWeights, SampleTableError } from '@open-chatgpt/ppo-exchange';
import type { ParameterStore } from '@open-chatgpt/runtime';
import type { Logger } from '@open-chatgpt/service';
import { StorageError, StorageFailure } from '@open-chatgpt/storage';
import { type BatchResult, type RolloutBatch, weightsFile, weightsVersion } from '@open-chatgpt/training';
import { failedResults, refusedResults, resultsOf } from './batch-result';
import type { ExchangeFolder } from './exchange-folder';
import type { LearnerMetrics } from './learner-metrics';
import { type Outcome, PendingWorkItems, type WorkItem } from './pending-work-items';
import type { RemoteValueModel } from './remote-value-model';
import { VersionRetention } from './version-retention';

export interface RemoteRolloutsOptions {
  runId: string;
  folder: ExchangeFolder;
  events: EventPublisher;
  logger: Logger;
  metrics: LearnerMetrics;
  /** The trained weights of the policy. */
  policy: ParameterStore;
  reference: ParameterStore;
  valueModel: RemoteValueModel;
  maxStaleness: number;
  /** Versions that work items may still name. */
  keptVersions: number;
  itemsPerIteration: number;
  /** The run is to stop. */
  signal: AbortSignal;
}

/** Fraction of the items of an iteration that may become dead letters before the run fails. */
const MAX_FAILED = 0.5;

/** Rollout batches that rollout workers answer and the critic scores, in work items of one or several batches. */
export class RemoteRollouts {
  private readonly items = new PendingWorkItems();
  private readonly policies: VersionRetention;
  private run?: Dataref;
  /** Of the last update of the policy. */
  private step = 0;

  constructor(private readonly options: RemoteRolloutsOptions) {
    const { keptVersions, folder } = options;
    this.policies = new VersionRetention(keptVersions, (weights) => folder.discard(weights));
  }

  /** @param run its description */
  start(run: Dataref): void {
    this.run = run;
  }

  async policyUpdated(step: number): Promise<void> {
    const { events, runId, policy, folder } = this.options;
    const model = await folder.use((store) =>
      putWeights(store, `${folder.path}/policy`, weightsFile(policy)),
    );
    this.step = step;
    this.policies.add(model, step);
    await events.publish('policy.updated', { runId, iteration: step, model });
  }

  async request(batches: readonly RolloutBatch[]): Promise<void> {
    const groups = divide(batches, this.options.itemsPerIteration);
    const items = await Promise.all(groups.map((group) => this.createItem(group)));
    for (const item of items) this.items.add(item);
    await this.publish(items);
  }

  /** @returns the result of each batch, in their order */
  async collect(batches: readonly RolloutBatch[]): Promise<BatchResult[]> {
    const { signal, metrics } = this.options;
    const errors: string[] = [];
    const answers = await this.items.collect(
      batches,
      async (item, outcome) => {
        if ('scored' in outcome) return this.read(item, outcome.scored);
        errors.push(outcome.error);
        return failedResults(item);
      },
      signal,
    );
    if (errors.length > MAX_FAILED * answers.length)
      throw new Error(
        `${errors.length} of ${answers.length} work items became dead letters, the last one because: ${errors.at(-1)}. ` +
          'See `openchat dlq list`; resume the run when the cause is removed',
      );
    const results = answers.flat();
    metrics.collected(results);
    metrics.pending(this.unanswered);
    return results;
  }

  /** Number of items without an answer. */
  get unanswered(): number {
    return this.items.unanswered.length;
  }

  /** Sends the items without an answer again, with their prompts, which the store may have lost. */
  async resend(): Promise<void> {
    const items = this.items.unanswered;
    for (const { request, batches } of items) await this.storePrompts(request, batches);
    await this.publish(items);
  }

  /** @returns false when the item is not pending, or has an outcome already */
  settle(itemId: string, outcome: Outcome): boolean {
    const isFirst = this.items.settle(itemId, outcome);
    if (isFirst) this.options.metrics.pending(this.unanswered);
    return isFirst;
  }

  private async createItem(batches: readonly RolloutBatch[]): Promise<WorkItem> {
    const { runId, reference, valueModel } = this.options;
    if (!this.run) throw new Error('RemoteRollouts: call start first');
    const [{ id, iteration, evaluation, klCoef, seed }] = batches;
    const item = {
      runId,
      itemId: id,
      iteration,
      run: this.run,
      policy: this.policies.latest,
      referenceVersion: weightsVersion(reference),
      value: valueModel.latest,
      evaluation,
      klCoef,
      seed,
    };
    return { batches, request: { ...item, prompts: await this.storePrompts(item, batches) } };
  }

  private storePrompts(
    item: Pick<DataOf<'rollout.requested'>, 'itemId' | 'iteration' | 'evaluation'>,
    batches: readonly RolloutBatch[],
  ): Promise<Dataref> {
    const { folder } = this.options;
    return folder.use((store) => putPrompts(store, folder.path, item, batches));
  }

  private async publish(items: readonly WorkItem[]): Promise<void> {
    const { events, metrics } = this.options;
    await events.publishAll(items.map(({ request }) => events.create('rollout.requested', request)));
    metrics.pending(this.unanswered);
  }

  /** Refuses what models have made that are older than the staleness budget, and what cannot be read. */
  private async read(item: WorkItem, scored: DataOf<'experience.scored'>): Promise<BatchResult[]> {
    const { folder, valueModel, maxStaleness, logger, runId } = this.options;
    const { policyVersion, valueVersion, seconds } = scored;
    const staleness = this.policies.ageAt(this.step, policyVersion);
    if (Math.max(staleness, valueModel.versions.ageAt(this.step, valueVersion)) > maxStaleness)
      return refusedResults(item, 'stale');
    try {
      const experience = await folder.use((store) => getExperience(store, scored.experience));
      return resultsOf(item, { ...experience, staleness, seconds });
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const { itemId } = item.request;
      logger.warn(
        { runId, itemId, message: error.message },
        'Cannot read the answer to a work item; requesting its prompts again',
      );
      return refusedResults(item, 'unreadable');
    }
  }
}

/** In their order, at most `count` groups of the same size; the last one may be smaller. */
function divide(batches: readonly RolloutBatch[], count: number): RolloutBatch[][] {
  const size = Math.ceil(batches.length / count);
  return Array.from({ length: Math.ceil(batches.length / size) }, (_, i) =>
    batches.slice(i * size, (i + 1) * size),
  );
}

/** Whether the object is missing or damaged. A failure of the store itself is another matter. */
function isUnreadable(error: unknown): error is Error {
  return (
    error instanceof SampleTableError || (error instanceof StorageError && !(error instanceof StorageFailure))
  );
}
