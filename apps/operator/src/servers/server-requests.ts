import type { Model, ModelServer } from '@open-chatgpt/resources';
import { builtinShape, estimateServer, requestsFor } from '@open-chatgpt/sizing';
import { findModel } from '../models/find-model';

/** CPU and memory that a pod of a server asks for; the defaults for a model whose size is not known here. */
export function serverRequests(server: ModelServer, models: readonly Model[]): Record<string, string> {
  const { model, weights } = server.spec;
  const [, scheme, name] = /^(builtin|store):(.+)$/.exec(model) ?? [];
  const shape = scheme === 'builtin' ? builtinShape(name) : undefined;
  if (shape) return requestsFor(undefined, estimateServer({ shape }, weights));
  const found = scheme === 'store' ? findModel(models, server.metadata.namespace, name) : undefined;
  const parameters = found?.status?.parameters;
  return requestsFor(
    undefined,
    parameters === undefined ? undefined : estimateServer({ parameters }, weights),
  );
}
