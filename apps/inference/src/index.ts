export { InferenceModule } from './app.module';
export { type InferenceConfig, inferenceConfigSchema } from './config/inference-config';
export { inferenceGroups } from './models/models.consumer';
export { prepareInference } from './openai/request-id';
export { type RunningInference, startInference } from './start-inference';
