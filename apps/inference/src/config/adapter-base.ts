import type { InferenceConfig, ServedAdapterConfig } from './inference-config';

/**
 * The name of the model that an adapter changes.
 * @throws Error when it is unknown, or several are possible, or when a model has the name of the adapter
 */
export function baseOf(
  { name, base }: Pick<ServedAdapterConfig, 'name' | 'base'>,
  { inferenceModels }: Pick<InferenceConfig, 'inferenceModels'>,
): string {
  const models = inferenceModels.map((model) => model.name);
  if (models.includes(name))
    throw new Error(`the adapter "${name}" has the name of a model; choose another one`);
  if (base === undefined && models.length === 1) return models[0];
  if (base !== undefined && models.includes(base)) return base;
  throw new Error(
    base === undefined
      ? `the adapter "${name}" may change ${models.join(' or ')}; name one: ${name}@<model>=<source>`
      : `the base "${base}" of the adapter "${name}" is no model of this server; it has ${models.join(', ')}`,
  );
}
