import { loadConfig, runMain } from '@open-chatgpt/service';
import { inferenceConfigSchema } from './config/inference-config';
import { startInference } from './start-inference';

export function runInference(): void {
  void runMain(() => startInference(loadConfig(inferenceConfigSchema)));
}
