import { join, resolve } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { SCORING_GROUP, SharedModels, VALUE_LEARNER_GROUP } from '@open-chatgpt/ppo-exchange';
import { CONFIG, type ConsumerGroups, OBJECT_STORE, type ServiceConfig } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { CriticRole } from './ppo-critic.config';
import { ScoringConsumer } from './scoring.consumer';
import { ScoringService } from './scoring.service';
import { ValueConsumer } from './value.consumer';
import { ValueService } from './value.service';

const scores = (role: CriticRole) => role !== 'learner';
const learns = (role: CriticRole) => role !== 'scoring';

export function ppoCriticGroups(role: CriticRole): ConsumerGroups {
  return {
    ...(scores(role) && { [SCORING_GROUP]: ['rollout.generated'] }),
    ...(learns(role) && { [VALUE_LEARNER_GROUP]: ['value.update-requested'] }),
  };
}

@Module({})
export class PpoCriticModule {
  static forRole(role: CriticRole): DynamicModule {
    const models = {
      provide: SharedModels,
      inject: [CONFIG, OBJECT_STORE],
      useFactory: ({ workDir }: ServiceConfig, store: ObjectStore) =>
        new SharedModels(store, join(resolve(workDir), 'cache')),
    };
    return {
      module: PpoCriticModule,
      controllers: [...(scores(role) ? [ScoringConsumer] : []), ...(learns(role) ? [ValueConsumer] : [])],
      providers: [models, ...(scores(role) ? [ScoringService] : []), ...(learns(role) ? [ValueService] : [])],
    };
  }
}
