import { type DynamicModule, Module } from '@nestjs/common';
import { ROLLOUT_GROUP, WorkerServices } from '@open-chatgpt/ppo-exchange';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { stageWorkerProvider, TrainerConsumer, trainerGroups } from '@open-chatgpt/worker';
import { RunLearner } from './learner/run-learner';
import type { ActorRole, PpoActorConfig } from './ppo-actor.config';
import { RolloutConsumer } from './rollout/rollout.consumer';
import { RolloutService } from './rollout/rollout.service';
import { ACTOR_CONFIG } from './tokens';

const samples = (role: ActorRole) => role !== 'learner';
const learns = (role: ActorRole) => role !== 'rollout';

export function ppoActorGroups(role: ActorRole): ConsumerGroups {
  return {
    ...(samples(role) && { [ROLLOUT_GROUP]: ['rollout.requested'] }),
    ...(learns(role) && trainerGroups('ppo')),
  };
}

@Module({})
export class PpoActorModule {
  static forRoot(config: PpoActorConfig): DynamicModule {
    const { role } = config;
    return {
      module: PpoActorModule,
      controllers: [...(samples(role) ? [RolloutConsumer] : []), ...(learns(role) ? [TrainerConsumer] : [])],
      providers: [
        WorkerServices,
        { provide: ACTOR_CONFIG, useValue: config },
        ...(samples(role) ? [RolloutService] : []),
        ...(learns(role) ? [stageWorkerProvider('ppo', RunLearner), RunLearner] : []),
      ],
    };
  }
}
