import { Inject, Injectable } from '@nestjs/common';
import type { DataOf } from '@open-chatgpt/events';
import { Bus } from '@open-chatgpt/messaging';
import { type PipelineConfig, type StageConfig, stageNamed, usesValues } from '@open-chatgpt/pipeline';
import { WorkerServices } from '@open-chatgpt/ppo-exchange';
import { type Algorithm, type OnlyStage, ppoWith } from '@open-chatgpt/training';
import type { StageVariation } from '@open-chatgpt/worker';
import type { PpoActorConfig } from '../ppo-actor.config';
import { ACTOR_CONFIG } from '../tokens';
import { RemoteWorkers } from './remote-workers';

/** Runs the PPO loop with workers that are services. */
@Injectable()
export class RunLearner implements StageVariation {
  constructor(
    @Inject(ACTOR_CONFIG) private readonly config: PpoActorConfig,
    private readonly services: WorkerServices,
    private readonly bus: Bus,
  ) {}

  async vary(
    { runId, stage, inputs: { models } }: DataOf<'run.requested'>,
    pipeline: PipelineConfig,
    signal: AbortSignal,
  ): Promise<Pick<OnlyStage, 'base' | 'algorithm'>> {
    requireValues(stageNamed(pipeline, stage));
    const { store, logger, events, metrics } = this.services;
    const base = await this.services.models.base({ pipeline, stage, models });
    const algorithm = ppoWith(
      async (policy, { config, base: { tokenizer, weights } }) =>
        new RemoteWorkers({
          store,
          logger,
          events,
          metrics,
          bus: this.bus,
          runId,
          description: { pipeline, stage, models, padTokenId: tokenizer.padTokenId },
          policy: policy.trained,
          reference: weights,
          config,
          signal,
          itemsPerIteration: this.config.itemsPerIteration,
          resendMs: this.config.resendSeconds * 1000,
        }),
    );
    return { base, algorithm: algorithm as Algorithm };
  }
}

/** @throws Error where the estimator of advantages has no value model: these services always train one */
function requireValues({ name, uses, with: settings }: StageConfig): void {
  if (uses !== 'ppo' || usesValues(settings)) return;
  throw new Error(
    `stage ${name}: services train a value model always, which advantageEstimator ${settings.advantageEstimator} does not have; ` +
      'set it to gae, or run the pipeline in one process with "openchat run"',
  );
}
