import type { Model, ModelServer } from '@open-chatgpt/resources';
import { findModel } from '../models/find-model';

export type ServedSource = { source: string } | { waiting: { reason: string; message: string } };

/**
 * What the pods of a server load, as `<name>=<source>`. A Model of this namespace is named by its manifest, so that all pods
 * have the same weights; an id without a Model is looked up in the store by the pods.
 */
export function servedSource({ spec, metadata }: ModelServer, models: readonly Model[]): ServedSource {
  const named = (source: string, name = spec.servedModelName) => ({
    source: name === undefined ? source : `${name}=${source}`,
  });
  const id = /^store:(.+)$/.exec(spec.model)?.[1];
  const model = id === undefined ? undefined : findModel(models, metadata.namespace, id);
  if (!model) return named(spec.model);
  const { manifest, phase = 'it is new' } = model.status ?? {};
  if (manifest) return named(manifest.uri, spec.servedModelName ?? id);
  return {
    waiting: {
      reason: 'WaitingForModel',
      message: `The Model ${model.metadata.name} is not ready: ${phase}`,
    },
  };
}
