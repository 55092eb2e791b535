import { baseOf, type InferenceConfig, inferenceConfigSchema, startInference } from '@open-chatgpt/inference';
import { loadConfig } from '@open-chatgpt/service';
import type { ChatTemplateName } from '@open-chatgpt/tokenizer';

/** A model that is on this machine, and what clients call it. */
export interface ModelToServe {
  name: string;
  /** A path of this machine, or `builtin:<name>`. */
  source: string;
  template?: ChatTemplateName;
}

/**
 * @param adapters `<name>=<folder>` or `<name>@<model>=<folder>`; without any, those of the variable
 * @throws Error naming the variable or field that is wrong
 */
export function servingConfig(
  models: readonly ModelToServe[],
  adapters: readonly string[],
  variables: Record<string, string | undefined>,
): InferenceConfig {
  const config = loadConfig(inferenceConfigSchema, variables);
  const { shape } = inferenceConfigSchema;
  const serving = {
    ...config,
    inferenceModels: shape.inferenceModels.parse(models),
    inferenceAdapters:
      adapters.length > 0 ? shape.inferenceAdapters.parse(adapters) : config.inferenceAdapters,
  };
  for (const adapter of serving.inferenceAdapters) baseOf(adapter, serving);
  return serving;
}

/**
 * Serves models until the process receives a signal. @returns its URL
 * @throws Error when one of them cannot be loaded
 */
export async function serveModels(config: InferenceConfig): Promise<string> {
  const service = await startInference(config);
  try {
    await service.loaded();
  } catch (error) {
    await service.stop();
    throw error;
  }
  return service.url;
}
