import { type DynamicModule, Module } from '@nestjs/common';
import { ROLLOUT_GROUP, WorkerServices, workerGroup } from '@open-chatgpt/ppo-exchange';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { stageWorkerProvider, TrainerConsumer, trainerGroups } from '@open-chatgpt/worker';
import { RunLearner } from './learner/run-learner';
import type { ActorRole, PpoActorConfig } from './ppo-actor.config';
import { RolloutConsumer } from './rollout/rollout.consumer';
import { RolloutService } from './rollout/rollout.service';
import { ACTOR_CONFIG } from './tokens';

const samples = (role: ActorRole) => role !== 'learner';
const learns = (role: ActorRole) => role !== 'rollout';

/** @throws Error when the process would take requests for runs, but work only on one */
export function ppoActorGroups({ role, runId }: { role: ActorRole; runId?: string }): ConsumerGroups {
  if (runId !== undefined && learns(role))
    throw new Error(
      `configuration:\n  OPEN_CHATGPT_RUN_ID: only the role rollout works on one run; found the role ${role}. ` +
        'The learner of one run is started with: run --request FILE',
    );
  return {
    ...(samples(role) && workerGroup(ROLLOUT_GROUP, ['rollout.requested'], runId)),
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
