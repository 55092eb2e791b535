import type { ObjectName, ResourceType } from '../object';

/** Which objects a list or a watch is about. */
export interface Selection {
  /** Default: all namespaces. */
  namespace?: string;
  /** As `kubectl get --selector`: `app=trainer,stage in (sft, reward)`. */
  labelSelector?: string;
  /** As `kubectl get --field-selector`: `metadata.name=train`. */
  fieldSelector?: string;
}

type Parameters = Record<string, string | number | boolean | undefined>;

/** The path of the group and version of a kind. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

export function collectionPath(type: ResourceType, namespace: string | undefined): string {
  const inNamespace = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${groupPath(type.apiVersion)}${inNamespace}/${type.plural}`;
}

export function objectPath(type: ResourceType, name: ObjectName, subresource?: string): string {
  if (!name.name) throw new Error(`${type.kind}: metadata.name is missing`);
  if (type.scope === 'Namespaced' && !name.namespace)
    throw new Error(`${type.kind} ${name.name}: metadata.namespace is missing`);
  const namespace = type.scope === 'Namespaced' ? name.namespace : undefined;
  const tail = subresource ? `/${subresource}` : '';
  return `${collectionPath(type, namespace)}/${encodeURIComponent(name.name)}${tail}`;
}

export function withQuery(path: string, parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}
