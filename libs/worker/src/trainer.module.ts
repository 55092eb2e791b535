import { type DynamicModule, Module } from '@nestjs/common';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { stageWorkerProvider } from './stage-worker-provider';
import { TrainerConsumer } from './trainer.consumer';

/**
 * The consumer groups of a trainer. A request to stop must not wait behind the run that it stops, so it has a group of
 * its own. Any replica may receive it: the replica writes it to the store, where the worker of the run reads it.
 */
export function trainerGroups(algorithm: AlgorithmName): ConsumerGroups {
  const { service } = descriptorOf(algorithm);
  return { [service]: ['run.requested'], [`${service}-cancel`]: ['run.cancel-requested'] };
}

/** Executes the runs of one algorithm by its plain loop. */
@Module({})
export class TrainerModule {
  static forAlgorithm(algorithm: AlgorithmName): DynamicModule {
    return {
      module: TrainerModule,
      controllers: [TrainerConsumer],
      providers: [stageWorkerProvider(algorithm)],
    };
  }
}
