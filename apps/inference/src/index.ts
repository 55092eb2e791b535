export { InferenceModule } from './app.module';
export { baseOf } from './config/adapter-base';
export { type InferenceConfig, inferenceConfigSchema } from './config/inference-config';
export { inferenceGroups } from './models/models.consumer';
export { configureInference } from './openai/request-id';
export { startInference } from './start-inference';
