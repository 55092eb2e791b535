import { type DynamicModule, Module } from '@nestjs/common';
import { SCORING_GROUP, VALUE_LEARNER_GROUP, WorkerServices, workerGroup } from '@open-chatgpt/ppo-exchange';
import type { ConsumerGroups } from '@open-chatgpt/service';
import type { CriticRole } from './ppo-critic.config';
import { ScoringConsumer } from './scoring.consumer';
import { ScoringService } from './scoring.service';
import { ValueConsumer } from './value.consumer';
import { ValueService } from './value.service';

const scores = (role: CriticRole) => role !== 'learner';
const learns = (role: CriticRole) => role !== 'scoring';

export function ppoCriticGroups({ role, runId }: { role: CriticRole; runId?: string }): ConsumerGroups {
  return {
    ...(scores(role) && workerGroup(SCORING_GROUP, ['rollout.generated'], runId)),
    ...(learns(role) && workerGroup(VALUE_LEARNER_GROUP, ['value.update-requested'], runId)),
  };
}

@Module({})
export class PpoCriticModule {
  static forRole(role: CriticRole): DynamicModule {
    return {
      module: PpoCriticModule,
      controllers: [...(scores(role) ? [ScoringConsumer] : []), ...(learns(role) ? [ValueConsumer] : [])],
      providers: [
        WorkerServices,
        ...(scores(role) ? [ScoringService] : []),
        ...(learns(role) ? [ValueService] : []),
      ],
    };
  }
}
