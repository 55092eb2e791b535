import { PlatformModule, type RunningService, startService } from '@open-chatgpt/service';
import { InferenceModule, usesPlatform } from './app.module';
import type { InferenceConfig } from './config/inference-config';
import { inferenceGroups } from './models/models.consumer';
import { ModelsService } from './models/models.service';
import { prepareInference } from './openai/request-id';

export interface RunningInference extends RunningService {
  /** Resolves when every model is served; rejects when one could not be loaded. */
  loaded(): Promise<void>;
}

/** Starts the service; with the platform's bus and store only where its models need them. */
export async function startInference(config: InferenceConfig): Promise<RunningInference> {
  const inference = InferenceModule.forRoot(config);
  const platform = usesPlatform(config);
  const service = await startService(
    'inference',
    config,
    platform ? [PlatformModule.forRoot('inference', config), inference] : [inference],
    platform ? inferenceGroups() : {},
    prepareInference,
  );
  return { ...service, loaded: () => service.app.get(ModelsService).loaded() };
}
