import { Inject, Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { SharedModels } from '@open-chatgpt/ppo-exchange';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import type { StageVariation } from '@open-chatgpt/stage-worker';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { PipelineRun } from '@open-chatgpt/training';
import type { PpoActorConfig } from '../ppo-actor.config';
import { ACTOR_CONFIG } from '../tokens';
import { RemoteWorkers } from './remote-workers';

/** Makes of the plain PPO loop a learner that has others sample, score and train the value model. */
@Injectable()
export class RunLearner implements StageVariation {
  constructor(
    @Inject(ACTOR_CONFIG) private readonly config: PpoActorConfig,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly models: SharedModels,
    private readonly bus: Bus,
    private readonly events: EventPublisher,
    private readonly metrics: MetricsService,
  ) {}

  async vary(
    { runId, inputs }: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<PipelineRun, 'base' | 'createPpoWorkers'>> {
    const { model, rewardModel } = inputs;
    const base = await this.models.base({ pipeline, model });
    return {
      base,
      createPpoWorkers: (policy, { tokenizer, weights }, config) =>
        new RemoteWorkers({
          ...this.services(),
          runId,
          description: { pipeline, model, rewardModel, padTokenId: tokenizer.padTokenId },
          policy: policy.trained,
          reference: weights,
          config,
          signal,
          askAgainMs: this.config.askAgainSeconds * 1000,
        }),
    };
  }

  private services() {
    const { bus, events, store, metrics, logger } = this;
    return { bus, events, store, metrics, logger };
  }
}
