import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import {
  loadConfig,
  PlatformModule,
  runMain,
  serviceConfigSchema,
  startService,
} from '@open-chatgpt/service';
import { TrainerModule, trainerGroups } from './trainer.module';

/** The whole program of a service that trains by one algorithm and needs nothing beside its plain loop. */
export function runTrainer(algorithm: AlgorithmName): void {
  const { service } = descriptorOf(algorithm);
  void runMain(() => {
    const config = loadConfig(serviceConfigSchema);
    const modules = [PlatformModule.forRoot(service, config), TrainerModule.forAlgorithm(algorithm)];
    return startService(service, config, modules, trainerGroups(algorithm));
  });
}
