import { Inject, Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { Bus, EventPublisher } from '@open-chatgpt/messaging';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { SharedModels } from '@open-chatgpt/ppo-exchange';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { type Algorithm, type OnlyStage, ppoWith } from '@open-chatgpt/training';
import type { StageVariation } from '@open-chatgpt/worker';
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
    { runId, stage, inputs: { models } }: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<OnlyStage, 'base' | 'algorithm'>> {
    const base = await this.models.base({ pipeline, stage, models });
    const algorithm = ppoWith(
      async (policy, { config, base: { tokenizer, weights } }) =>
        new RemoteWorkers({
          ...this.services(),
          runId,
          description: { pipeline, stage, models, padTokenId: tokenizer.padTokenId },
          policy: policy.trained,
          reference: weights,
          config,
          signal,
          askAgainMs: this.config.askAgainSeconds * 1000,
        }),
    );
    return { base, algorithm: algorithm as Algorithm };
  }

  private services() {
    const { bus, events, store, metrics, logger } = this;
    return { bus, events, store, metrics, logger };
  }
}
