import { PlatformModule, type RunningService, startService } from '@open-chatgpt/service';
import { InferenceModule, usesPlatform } from './app.module';
import type { InferenceConfig } from './config/inference-config';
import { inferenceGroups } from './models/models.consumer';
import { ModelsService } from './models/models.service';
import { configureInference } from './openai/request-id';

export interface RunningInference extends RunningService {
  /** Resolves when every model is loaded; rejects when the first attempt to load one fails. */
  loaded(): Promise<void>;
}

/** Starts the service, with the platform's bus and store only if its models need them. */
export async function startInference(config: InferenceConfig): Promise<RunningInference> {
  const inference = InferenceModule.forRoot(config);
  const platform = usesPlatform(config);
  const service = await startService(
    'inference',
    config,
    platform ? [PlatformModule.forRoot('inference', config), inference] : [inference],
    platform ? inferenceGroups() : {},
    configureInference,
  );
  return { ...service, loaded: () => service.app.get(ModelsService).loaded() };
}
