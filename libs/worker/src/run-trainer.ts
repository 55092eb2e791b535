import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import { runService, serviceConfigSchema } from '@open-chatgpt/service';
import { TrainerModule, trainerGroups } from './trainer.module';

/** The whole program of a service that executes the plain loop of one algorithm. */
export function runTrainer(algorithm: AlgorithmName): void {
  const { service } = descriptorOf(algorithm);
  runService(service, serviceConfigSchema, () => ({
    module: TrainerModule.forAlgorithm(algorithm),
    groups: trainerGroups(algorithm),
  }));
}
