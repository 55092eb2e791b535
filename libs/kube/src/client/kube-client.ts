import type { KubeObject, ObjectName, ResourceType } from '../object';
import { type Call, Caller, type CallOptions, describe, type KubeClientOptions } from './caller';
import { Discovery } from './discovery';
import type { Fence } from './fence';
import { KubeError } from './kube-error';
import type {
  Applied,
  ApplyOptions,
  DeleteOptions,
  ListOptions,
  Page,
  WatchOptions,
  WriteOptions,
} from './options';
import { collectionPath, objectPath, withQuery } from './paths';
import { readLines } from './read-lines';
import { readWatch, type WatchEvent } from './watch-stream';

/**
 * The API of Kubernetes for any kind, with plain JSON objects.
 *
 * Every call has a timeout, waits for the client's rate limit, and fails with a KubeError. It is repeated after a failure
 * of the network or the server where that is safe: reads always; writes when the server has certainly not carried them
 * out, or when a second time has no further effect.
 */
export class KubeClient {
  readonly #options: KubeClientOptions;
  readonly #caller: Caller;
  /** The namespace of the context, or of the pod. */
  readonly namespace: string;
  readonly #discovery: Discovery;

  /** @param shared only `fenced` passes it */
  constructor(options: KubeClientOptions, shared?: { client: KubeClient; fence: Fence }) {
    this.namespace = options.connection.namespace;
    this.#options = options;
    this.#caller = shared ? shared.client.#caller.fenced(shared.fence) : new Caller(options);
    this.#discovery = shared ? shared.client.#discovery : new Discovery();
  }

  /**
   * The same client, whose writes throw NotLeaderError unless `fence` has time left, and are given up when the lease ends.
   */
  fenced(fence: Fence): KubeClient {
    return new KubeClient(this.#options, { client: this, fence });
  }

  /** Reads an object. Throws NotFound. */
  async get<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    { subresource, ...options }: CallOptions & { subresource?: string } = {},
  ): Promise<T> {
    return this.#caller.json<T>({
      ...options,
      verb: 'get',
      method: 'GET',
      type,
      subresource,
      path: objectPath(type, name, subresource),
      about: name.name,
      repeatable: true,
    });
  }

  /** Reads an object, or undefined when there is none. */
  async find<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    options: CallOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.get(type, name, options);
    } catch (error) {
      if (KubeError.is(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Reads all selected objects, page by page. */
  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<Page<T>> {
    const items: T[] = [];
    let resourceVersion = '';
    for await (const page of this.pages(type, options)) {
      items.push(...page.items);
      resourceVersion = page.resourceVersion;
    }
    return { items, resourceVersion };
  }

  /**
   * Reads the selected objects one page at a time. All pages are of the same moment, so a list that takes more than five
   * minutes ends with Expired. The objects of a list have no kind on the wire; it is set here.
   */
  async *pages<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
  ): AsyncGenerator<Page<T>> {
    const { namespace, labelSelector, fieldSelector, pageSize = 500, ...call } = options;
    const path = collectionPath(type, namespace);
    let next: string | undefined;
    do {
      const list = await this.#caller.json<{
        metadata: { resourceVersion?: string; continue?: string };
        items: T[] | null;
      }>({
        ...call,
        verb: 'list',
        method: 'GET',
        type,
        path: withQuery(path, { labelSelector, fieldSelector, limit: pageSize || undefined, continue: next }),
        about: namespace ? `in ${namespace}` : 'in all namespaces',
        repeatable: true,
      });
      const items = list.items ?? [];
      for (const item of items) {
        item.apiVersion ??= type.apiVersion;
        item.kind ??= type.kind;
      }
      yield { items, resourceVersion: list.metadata.resourceVersion ?? '' };
      next = list.metadata.continue || undefined;
    } while (next !== undefined);
  }

  /** Follows the changes after `resourceVersion`. See `readWatch` for its end; `Informer` is what most need. */
  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion,
      signal,
      timeoutSeconds,
      silentAfterMs,
    } = options;
    const call: Call = {
      verb: 'watch',
      method: 'GET',
      type,
      path: withQuery(collectionPath(type, namespace), {
        watch: true,
        allowWatchBookmarks: true,
        labelSelector,
        fieldSelector,
        resourceVersion,
        timeoutSeconds,
      }),
      about: namespace ? `in ${namespace}` : 'in all namespaces',
      repeatable: true,
      signal,
    };
    const response = await this.#caller.open(call);
    yield* readWatch<T>(response, describe(call), silentAfterMs);
  }

  /**
   * The lines of a subresource that is text, such as the log of a pod, until the server ends it. A call that fails before
   * the first line is not repeated.
   */
  async *lines(
    type: ResourceType,
    name: ObjectName,
    options: {
      subresource: string;
      query?: Record<string, string | number | boolean | undefined>;
      signal?: AbortSignal;
    },
  ): AsyncGenerator<string> {
    const { subresource, query = {}, signal } = options;
    const call: Call = {
      verb: 'get',
      method: 'GET',
      type,
      subresource,
      path: withQuery(objectPath(type, name, subresource), query),
      about: name.name,
      repeatable: true,
      signal,
    };
    const response = await this.#caller.open(call);
    yield* readLines(response, describe(call));
  }

  /** Creates an object, or a subresource such as an eviction. Throws AlreadyExists. */
  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: NoInfer<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const { subresource, fieldManager, dryRun, ...call } = options;
    const { name, namespace, generateName } = object.metadata;
    const path = subresource
      ? objectPath(type, { name: name ?? '', namespace }, subresource)
      : collectionPath(type, type.scope === 'Namespaced' ? required(type, namespace) : undefined);
    return this.#caller.json<T>({
      ...call,
      verb: 'create',
      method: 'POST',
      type,
      subresource,
      path: withQuery(path, { fieldManager, dryRun: dryRun ? 'All' : undefined }),
      about: name ?? `${generateName}*`,
      contentType: 'application/json',
      body: object,
      repeatable: false,
    });
  }

  /** Replaces an object: a compare-and-swap when `metadata.resourceVersion` is set. Throws Conflict. */
  async replace<T extends KubeObject>(
    type: ResourceType<T>,
    object: NoInfer<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const { subresource, fieldManager, dryRun, ...call } = options;
    return this.#caller.json<T>({
      ...call,
      verb: 'update',
      method: 'PUT',
      type,
      subresource,
      path: withQuery(objectPath(type, named(object), subresource), {
        fieldManager,
        dryRun: dryRun ? 'All' : undefined,
      }),
      about: object.metadata.name ?? '',
      contentType: 'application/json',
      body: object,
      repeatable: false,
    });
  }

  /** Merges `patch` into an object: null removes a field, a list replaces the whole list. */
  async mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    name: ObjectName,
    patch: object,
    options: WriteOptions = {},
  ): Promise<T> {
    const { subresource, fieldManager, dryRun, ...call } = options;
    const { metadata } = patch as { metadata?: { resourceVersion?: string } };
    return this.#caller.json<T>({
      ...call,
      verb: 'patch',
      method: 'PATCH',
      type,
      subresource,
      path: withQuery(objectPath(type, name, subresource), {
        fieldManager,
        dryRun: dryRun ? 'All' : undefined,
      }),
      about: name.name,
      contentType: 'application/merge-patch+json',
      body: patch,
      repeatable: !metadata?.resourceVersion,
    });
  }

  /** Server-side apply: creates or changes the object so that the fields named here have these values and are ours. */
  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    object: Applied<NoInfer<T>>,
    options: ApplyOptions,
  ): Promise<T> {
    const { subresource, fieldManager, force, dryRun, ...call } = options;
    return this.#caller.json<T>({
      ...call,
      verb: 'apply',
      method: 'PATCH',
      type,
      subresource,
      path: withQuery(objectPath(type, named(object), subresource), {
        fieldManager,
        force: force || undefined,
        dryRun: dryRun ? 'All' : undefined,
      }),
      about: object.metadata.name ?? '',
      contentType: 'application/apply-patch+yaml',
      // JSON is YAML.
      body: object,
      repeatable: !object.metadata.resourceVersion,
    });
  }

  /** Deletes an object. False when there was none. Throws Conflict when a precondition does not hold. */
  async delete(type: ResourceType, name: ObjectName, options: DeleteOptions = {}): Promise<boolean> {
    const { propagationPolicy = 'Background', preconditions, gracePeriodSeconds, ...call } = options;
    try {
      await this.#caller.json({
        ...call,
        verb: 'delete',
        method: 'DELETE',
        type,
        path: objectPath(type, name),
        about: name.name,
        contentType: 'application/json',
        body: {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          propagationPolicy,
          ...(preconditions && { preconditions }),
          ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        },
        // Without the uid, a repetition might delete an object of the same name that was created in between.
        repeatable: preconditions?.uid !== undefined,
      });
      return true;
    } catch (error) {
      if (KubeError.is(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Sets the number of replicas through the scale subresource. */
  async scale(
    type: ResourceType,
    name: ObjectName,
    replicas: number,
    options: WriteOptions = {},
  ): Promise<void> {
    await this.mergePatch(type, name, { spec: { replicas } }, { ...options, subresource: 'scale' });
  }

  /** Whether the server has the kind: a CRD may be missing. The answer is remembered for a minute. */
  serves(type: ResourceType, options: CallOptions = {}): Promise<boolean> {
    return this.#discovery.serves(type, this.#caller, options);
  }

  /** The version of the API server, for instance `v1.35.4`. */
  async version(options: CallOptions = {}): Promise<{ gitVersion: string; major: string; minor: string }> {
    return this.#caller.json({
      ...options,
      verb: 'get',
      method: 'GET',
      type: { apiVersion: 'v1', kind: 'Version', plural: 'version', scope: 'Cluster' },
      path: '/version',
      about: '',
      repeatable: true,
    });
  }

  /** Closes all connections; calls that are under way fail. */
  close(): void {
    this.#caller.close();
  }
}

const named = ({ metadata: { name = '', namespace } }: KubeObject): ObjectName => ({ name, namespace });

function required(type: ResourceType, namespace: string | undefined): string {
  if (!namespace) throw new Error(`${type.kind}: metadata.namespace is missing`);
  return namespace;
}
