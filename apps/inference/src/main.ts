import { loadConfig } from '@open-chatgpt/service';
import { inferenceConfigSchema } from './config/inference-config';
import { startInference } from './start-inference';

Promise.resolve()
  .then(() => startInference(loadConfig(inferenceConfigSchema)))
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
