import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DataOf, Dataref, ModelVersion } from '@open-chatgpt/events';
import { EventPublisher, PermanentError } from '@open-chatgpt/messaging';
import type { Model } from '@open-chatgpt/models';
import {
  droppedFromEvent,
  droppedToEvent,
  getRunDescription,
  isObsolete,
  loadVersion,
  RunCache,
  rolloutFromEvent,
  SharedModels,
  scoredToEvent,
} from '@open-chatgpt/ppo-exchange';
import { type Critic, cloneModel, createCritic, weightsVersion } from '@open-chatgpt/rlhf';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import { type ObjectStore, patiently } from '@open-chatgpt/storage';

/** Runs that a worker keeps the models of, and how long after their last item. */
const [MOST_RUNS, IDLE_MS] = [2, 10 * 60_000];

interface RunAtHand {
  critic: Critic;
  rewardVersion: string;
  /** Takes the weights of whichever version an item names. */
  valueModel: Model;
}

/** Scores rollouts, values their states and estimates their advantages; keeps nothing that another process could not. */
@Injectable()
export class ScoringService implements OnModuleDestroy {
  private readonly runs = new RunCache<RunAtHand>(MOST_RUNS, IDLE_MS);

  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly models: SharedModels,
    private readonly events: EventPublisher,
    private readonly metrics: MetricsService,
  ) {}

  onModuleDestroy(): void {
    this.runs.close();
  }

  /** @param queued seconds that the rollout waited in line @param signal the process is to stop */
  async score(rollout: DataOf<'rollout.generated'>, queued: number, signal: AbortSignal): Promise<void> {
    const { run, value, runId, itemId } = rollout;
    if (!run || !value)
      throw new PermanentError(`rollout.generated ${itemId} names no run and value model to score it with`);
    try {
      await patiently(
        () => this.scoreWith(rollout, run, value, queued),
        signal,
        ({ message }) => this.logger.warn({ runId, itemId, message }, 'The store is away; waiting for it'),
      );
    } catch (error) {
      if (!isObsolete(error, runId)) throw error;
      this.logger.info({ runId, itemId, missing: error.key }, 'Nobody waits for this rollout any more');
    }
  }

  private async scoreWith(
    { runId, itemId, iteration, policyVersion, klCoef, evaluation, ...rollout }: DataOf<'rollout.generated'>,
    run: Dataref,
    value: ModelVersion,
    queued: number,
  ): Promise<void> {
    const atHand = await this.runs.get(run.uri, () => this.open(run));
    await loadVersion(this.store, atHand.valueModel.trained, value);
    const start = performance.now();
    const judged = await atHand.critic.judge(rollout.samples.map(rolloutFromEvent), {
      klCoef,
      evaluation: evaluation ?? false,
    });
    const score = (performance.now() - start) / 1000;
    const waited = rollout.seconds ?? { queue: 0, rollout: 0 };
    await this.events.publish(
      'experience.scored',
      {
        runId,
        itemId,
        iteration,
        policyVersion,
        klCoef,
        rewardVersion: atHand.rewardVersion,
        valueVersion: value.version,
        samples: judged.samples.map(scoredToEvent),
        dropped: droppedToEvent([...droppedFromEvent(rollout.dropped), ...judged.dropped]),
        seconds: { queue: waited.queue + queued, rollout: waited.rollout, score },
      },
      { id: `${runId}/${itemId}/${policyVersion.slice(0, 16)}/${value.version.slice(0, 16)}` },
    );
    this.metrics
      .counter('ppo_scored_samples_total', 'Samples that were scored and valued.')
      .inc(judged.samples.length);
    this.metrics
      .counter('ppo_scoring_seconds_total', 'Seconds spent on scores, values and advantages.')
      .inc(score);
  }

  private async open(run: Dataref): Promise<RunAtHand> {
    const description = await getRunDescription(this.store, run);
    const reward = await this.models.rewardModel(description);
    const valueModel = cloneModel(reward.model);
    return {
      critic: createCritic(reward, valueModel, description.ppo, description.padTokenId),
      rewardVersion: weightsVersion(reward.model.trained),
      valueModel,
    };
  }
}
