import { Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import type { Model } from '@open-chatgpt/models';
import {
  computeExclusively,
  getRollouts,
  loadVersion,
  putExperience,
  type RunDescription,
  type RunExecutor,
  WorkerServices,
} from '@open-chatgpt/ppo-exchange';
import {
  type Critic,
  cloneModel,
  createCritic,
  type DroppedSample,
  type ScoredRollout,
} from '@open-chatgpt/training';

interface RunContext {
  critic: Critic;
  /** Holds the weights of the version that the last item named. */
  valueModel: Model;
}

/**
 * Scores rollouts, values their states and estimates their advantages. Keeps no state that an item depends on, so any
 * replica takes any item.
 */
@Injectable()
export class ScoringService {
  private readonly runs: RunExecutor<RunContext>;

  constructor(private readonly services: WorkerServices) {
    this.runs = services.createExecutor({ kind: 'scoring', open: (run) => this.open(run) });
  }

  /**
   * @param queueSeconds that the rollouts waited in their queue
   * @param signal the process stops: the item is given back at once, and another process executes it
   * @throws StepAbandoned on abort
   */
  async execute(item: DataOf<'rollout.generated'>, queueSeconds: number, signal: AbortSignal): Promise<void> {
    const { runId, itemId, iteration, run } = item;
    const work = (context: RunContext) => this.score(context, item, queueSeconds, signal);
    await this.runs.execute({ runId, itemId, iteration }, run, work, signal);
  }

  private async score(
    context: RunContext,
    item: DataOf<'rollout.generated'>,
    queueSeconds: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, events, metrics } = this.services;
    const { runId, itemId, iteration, policyVersion, value } = item;
    const { batches, dropped } = await getRollouts(store, item.rollouts);
    const { result, seconds } = await computeExclusively(async () => {
      // Not earlier: another item may be scored with the weights of another version.
      await loadVersion(store, context.valueModel.trained, value);
      const experience = { samples: [] as ScoredRollout[], dropped: [...dropped] as DroppedSample[] };
      for (const rollouts of batches) {
        const scored = await context.critic.score(rollouts, item, signal);
        experience.samples.push(...scored.samples);
        experience.dropped.push(...scored.dropped);
      }
      return experience;
    });
    await events.publish(
      'experience.scored',
      {
        runId,
        itemId,
        iteration,
        policyVersion,
        valueVersion: value.version,
        experience: await putExperience(store, item.rollouts, result),
        seconds: {
          queue: item.seconds.queue + queueSeconds,
          rollout: item.seconds.rollout,
          score: seconds,
        },
      },
      { id: `${runId}/${itemId}/${policyVersion.slice(0, 16)}/${value.version.slice(0, 16)}` },
    );
    metrics.counter('ppo_scored_samples_total', 'Samples scored and valued.').inc(result.samples.length);
    metrics.counter('ppo_scoring_seconds_total', 'Seconds of scoring and valuing.').inc(seconds);
  }

  private async open(run: RunDescription): Promise<RunContext> {
    const reward = await this.services.models.rewardModel(run);
    const valueModel = cloneModel(reward.model, run.ppo);
    return { critic: createCritic(reward, valueModel, run.ppo, run.padTokenId), valueModel };
  }
}
