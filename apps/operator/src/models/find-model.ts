import type { Model } from '@open-chatgpt/resources';

/** The id of a model in the store. */
export const modelIdOf = ({ spec, metadata }: Model): string => spec.modelId ?? metadata.name;

/** The Model that `store:<id>` means in a namespace: the one with this id, else the one with this name. */
export function findModel(models: readonly Model[], namespace: string, id: string): Model | undefined {
  const here = models.filter(({ metadata }) => metadata.namespace === namespace);
  return here.find((model) => modelIdOf(model) === id) ?? here.find(({ metadata }) => metadata.name === id);
}
