import { join, resolve } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { ROLLOUT_GROUP, SharedModels } from '@open-chatgpt/ppo-exchange';
import { type ConsumerGroups, OBJECT_STORE } from '@open-chatgpt/service';
import { stageWorkerProvider } from '@open-chatgpt/stage-worker';
import type { ObjectStore } from '@open-chatgpt/storage';
import { LearnerConsumer } from './learner/learner.consumer';
import { LearnerService } from './learner/learner.service';
import { RunLearner } from './learner/run-learner';
import type { ActorRole, PpoActorConfig } from './ppo-actor.config';
import { RolloutConsumer } from './rollout/rollout.consumer';
import { RolloutService } from './rollout/rollout.service';
import { ACTOR_CONFIG } from './tokens';

const samples = (role: ActorRole) => role !== 'learner';
const learns = (role: ActorRole) => role !== 'rollout';

/**
 * A request to stop must not wait behind the work that it is to stop: it has a group of its own. Any replica may hear it:
 * it writes it into the store, where the one at work looks, and so does one that takes the run up later.
 */
export function ppoActorGroups(role: ActorRole): ConsumerGroups {
  return {
    ...(samples(role) && { [ROLLOUT_GROUP]: ['rollout.requested'] }),
    ...(learns(role) && {
      'ppo-actor': ['run.requested'],
      'ppo-actor-cancel': ['run.cancel-requested'],
    }),
  };
}

@Module({})
export class PpoActorModule {
  static forRoot(config: PpoActorConfig): DynamicModule {
    const { role, workDir } = config;
    const models = {
      provide: SharedModels,
      inject: [OBJECT_STORE],
      useFactory: (store: ObjectStore) => new SharedModels(store, join(resolve(workDir), 'cache')),
    };
    return {
      module: PpoActorModule,
      controllers: [...(samples(role) ? [RolloutConsumer] : []), ...(learns(role) ? [LearnerConsumer] : [])],
      providers: [
        models,
        { provide: ACTOR_CONFIG, useValue: config },
        ...(samples(role) ? [RolloutService] : []),
        ...(learns(role) ? [stageWorkerProvider('ppo', RunLearner), RunLearner, LearnerService] : []),
      ],
    };
  }
}
