import { loadConfig, runMain } from '@open-chatgpt/service';
import { inferenceConfigSchema } from './config/inference-config';
import { startInference } from './start-inference';

void runMain(() => startInference(loadConfig(inferenceConfigSchema)));
