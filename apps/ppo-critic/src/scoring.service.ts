import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DataOf, ModelVersion } from '@open-chatgpt/events';
import { EventPublisher, PermanentError } from '@open-chatgpt/messaging';
import type { Model } from '@open-chatgpt/models';
import {
  droppedFromEvent,
  droppedToEvent,
  inTurn,
  loadVersion,
  type RunDescription,
  RunWork,
  rolloutFromEvent,
  SharedModels,
  scoredToEvent,
} from '@open-chatgpt/ppo-exchange';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { type Critic, cloneModel, createCritic, weightsVersion } from '@open-chatgpt/training';

interface RunAtHand {
  critic: Critic;
  rewardVersion: string;
  /** Takes the weights of whichever version an item names. */
  valueModel: Model;
}

/** Scores rollouts, values their states and estimates their advantages; keeps nothing that another process could not. */
@Injectable()
export class ScoringService implements OnModuleDestroy {
  private readonly work: RunWork<RunAtHand>;

  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) logger: Logger,
    private readonly models: SharedModels,
    private readonly events: EventPublisher,
    private readonly metrics: MetricsService,
  ) {
    this.work = new RunWork({ store, logger, open: (run) => this.open(run) });
  }

  onModuleDestroy(): void {
    this.work.close();
  }

  /** @param queued seconds that the rollout waited in line @param signal the process is to stop */
  async score(rollout: DataOf<'rollout.generated'>, queued: number, signal: AbortSignal): Promise<void> {
    const { run, value, runId, itemId } = rollout;
    if (!run || !value)
      throw new PermanentError(`rollout.generated ${itemId} names no run and value model to score it with`);
    const score = (atHand: RunAtHand) => this.scoreWith(atHand, rollout, value, queued);
    await this.work.carryOut({ runId, itemId }, run, score, signal);
  }

  private async scoreWith(
    atHand: RunAtHand,
    { runId, itemId, iteration, policyVersion, klCoef, evaluation, ...rollout }: DataOf<'rollout.generated'>,
    value: ModelVersion,
    queued: number,
  ): Promise<void> {
    await loadVersion(this.store, atHand.valueModel.trained, value);
    const { judged, score } = await inTurn(async () => {
      const start = performance.now();
      const judged = await atHand.critic.score(rollout.samples.map(rolloutFromEvent), {
        klCoef,
        evaluation: evaluation ?? false,
      });
      return { judged, score: (performance.now() - start) / 1000 };
    });
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

  private async open(run: RunDescription): Promise<RunAtHand> {
    const reward = await this.models.rewardModel(run);
    const valueModel = cloneModel(reward.model);
    return {
      critic: createCritic(reward, valueModel, run.ppo, run.padTokenId),
      rewardVersion: weightsVersion(reward.model.trained),
      valueModel,
    };
  }
}
