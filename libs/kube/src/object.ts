/** Objects of the Kubernetes API as plain JSON: timestamps are strings, as the API server sends them. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  creationTimestamp?: string;
  deletionTimestamp?: string;
  managedFields?: unknown[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A kind and where the API server serves it. `T` is the type of its objects. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** Only for the compiler: binds `T` to the type. Never set. */
  readonly object?: T;
}

/** Describes a kind: `resourceType<Job>('batch/v1', 'Job', 'jobs')`. */
export function resourceType<T extends KubeObject>(
  apiVersion: string,
  kind: string,
  plural: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): ResourceType<T> {
  return { apiVersion, kind, plural, scope };
}

/** What identifies an object of a kind. Kinds of cluster scope have no namespace. */
export interface ObjectName {
  name: string;
  namespace?: string;
}

/** `namespace/name`, or `name` for an object of cluster scope. */
export function keyOf({ metadata: { name, namespace } }: { metadata: ObjectMeta }): string {
  return namespace ? `${namespace}/${name}` : `${name}`;
}

/** The reference that a child has to its owner, so that it is deleted with it. */
export function ownerReference(owner: KubeObject, controller = true): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!name || !uid)
    throw new Error(`${owner.kind} ${keyOf(owner)} has no uid: take the object that the API server returned`);
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name,
    uid,
    controller,
    blockOwnerDeletion: controller,
  };
}

/** The owner that controls an object, if one does. */
export function controllerOf({ metadata }: { metadata: ObjectMeta }): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller);
}

/** The group of an apiVersion; the core group is empty. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
