import type { Model, ModelServer } from '@open-chatgpt/resources';
import { findModel } from '../models/find-model';

export type ServedSources =
  | { model: string; adapters: readonly string[] }
  | { waiting: { reason: string; message: string } };

type Resolved = { uri: string; id?: string } | { waiting: { reason: string; message: string } };

/**
 * What the pods of a server load: its model as `<name>=<source>`, and its adapters. A Model of this namespace is named by its
 * manifest, so that all pods have the same weights; an id without a Model is looked up in the store by the pods.
 */
export function servedSources({ spec, metadata }: ModelServer, models: readonly Model[]): ServedSources {
  const model = resolve(spec.model, metadata.namespace, models);
  if ('waiting' in model) return model;
  const name = spec.servedModelName ?? model.id;
  const adapters: string[] = [];
  for (const adapter of spec.adapters ?? []) {
    const resolved = resolve(adapter.model, metadata.namespace, models);
    if ('waiting' in resolved) return resolved;
    adapters.push(`${adapter.name}=${resolved.uri}`);
  }
  return { model: name === undefined ? model.uri : `${name}=${model.uri}`, adapters };
}

function resolve(source: string, namespace: string, models: readonly Model[]): Resolved {
  const id = /^store:(.+)$/.exec(source)?.[1];
  const model = id === undefined ? undefined : findModel(models, namespace, id);
  if (!model) return { uri: source };
  const { manifest, phase = 'it is new' } = model.status ?? {};
  if (manifest) return { uri: manifest.uri, id };
  return {
    waiting: {
      reason: 'WaitingForModel',
      message: `The Model ${model.metadata.name} is not ready: ${phase}`,
    },
  };
}
