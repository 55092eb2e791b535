import { backoffDelay, sleep } from '../backoff';
import { type KubeLogger, silentLogger } from '../logger';
import type { KubeObject, ObjectName, ResourceType } from '../object';
import type { KubeConnection } from './connection';
import { type Fence, NotLeaderError } from './fence';
import { errorFromAnswer, KubeError } from './kube-error';
import type { ClientMetrics, Verb } from './metrics';
import { collectionPath, groupPath, objectPath, type Selection, withQuery } from './paths';
import { RateLimiter } from './rate-limiter';
import { type Answer, isOk, Transport } from './transport';
import { readWatch, type WatchEvent } from './watch-stream';

export interface KubeClientOptions {
  connection: KubeConnection;
  /** What the audit log of the API server shows. */
  userAgent?: string;
  /** Calls a second on average. Default 50. */
  qps?: number;
  /** Calls at once after a pause. Default 100. */
  burst?: number;
  /** Calls under way at the same time, watches apart. Default 32. */
  maxConcurrent?: number;
  /** Limit of one request. Default 30 s. */
  timeoutMs?: number;
  /** How often a call is repeated where that is safe. Default 4. */
  retries?: number;
  metrics?: ClientMetrics;
  logger?: KubeLogger;
}

export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  retries?: number;
  /** Does not wait for the rate limiter: a lease must be renewed in time. */
  urgent?: boolean;
}

export interface ListOptions extends Selection, CallOptions {
  /** Objects that the server sends at once. Default 500; 0 for all. */
  pageSize?: number;
}

export interface Page<T> {
  items: T[];
  /** Where a watch that follows the list begins. */
  resourceVersion: string;
}

export interface WriteOptions extends CallOptions {
  subresource?: string;
  fieldManager?: string;
  /** The server checks the write, and does not store it. */
  dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Takes over fields that another manager owns; without it they are a Conflict. Default false. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** What happens to the object's children. Default Background: they are deleted after it. */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  /** A Conflict unless the object is still this one. */
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
}

export interface WatchOptions extends Selection {
  resourceVersion: string;
  signal?: AbortSignal;
  /** The server ends the watch after this time. */
  timeoutSeconds: number;
  /** The watch fails when nothing comes, not even a bookmark, for this time. */
  silentAfterMs: number;
}

/** The parts of an object that one writer owns, for server-side apply. */
export type Applied<T> = KubeObject & DeepPartial<T>;
type DeepPartial<T> = T extends (infer E)[]
  ? DeepPartial<E>[]
  : T extends object
    ? { [K in keyof T]?: DeepPartial<T[K]> }
    : T;

interface Call extends CallOptions {
  verb: Verb;
  type: ResourceType;
  subresource?: string;
  method: string;
  path: string;
  /** The object in messages. */
  about: string;
  contentType?: string;
  body?: unknown;
  /** Carrying it out twice has the same effect as once. */
  repeatable: boolean;
}

const RETRY_BACKOFF = { baseMs: 200, maxMs: 5_000 };
const LONGEST_RETRY_AFTER_MS = 15_000;
/** How long the absence of a kind is remembered. */
const ABSENT_LIVES_MS = 60_000;

/**
 * The API of Kubernetes for any kind, with plain JSON objects.
 *
 * Every call has a timeout, waits for the client's rate limit, and fails with a KubeError. It is repeated after a failure
 * of the network or the server where that is safe: reads always; writes when the server has certainly not carried them
 * out, or when a second time has no further effect.
 */
export class KubeClient {
  readonly #options: KubeClientOptions;
  readonly #transport: Transport;
  readonly #limiter: RateLimiter;
  readonly #logger: KubeLogger;
  readonly #fence?: Fence;
  readonly #absent: Map<string, number>;

  /** @param shared only `fenced` passes it: the client whose connections and limits this one uses */
  constructor(options: KubeClientOptions, shared?: { client: KubeClient; fence: Fence }) {
    const { qps = 50, burst = 100, maxConcurrent = 32, connection, logger = silentLogger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#fence = shared?.fence;
    this.#transport = shared ? shared.client.#transport : new Transport(connection, maxConcurrent);
    this.#limiter = shared ? shared.client.#limiter : new RateLimiter(qps, burst, maxConcurrent);
    this.#absent = shared ? shared.client.#absent : new Map();
  }

  /** The namespace of the context, or of the pod. */
  get namespace(): string {
    return this.#options.connection.namespace;
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
    return this.#json<T>({
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
      const list = await this.#json<{
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
    const response = await this.#limiter.run(
      () => this.#observed(call, () => this.#transport.open(this.#request(call))),
      { signal },
    );
    if (isAnswer(response)) {
      if (response.status === 401) this.#transport.forgetCredentials();
      throw errorFromAnswer(response.status, response.body, describe(call), response.retryAfter);
    }
    yield* readWatch<T>(response, describe(call), silentAfterMs);
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
    return this.#json<T>({
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
    return this.#json<T>({
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
    return this.#json<T>({
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
    return this.#json<T>({
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
      await this.#json({
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

  /** Whether the server has the kind: a CRD may be missing. That it is missing is remembered for a minute. */
  async serves(type: ResourceType, options: CallOptions = {}): Promise<boolean> {
    const id = `${type.apiVersion} ${type.plural}`;
    const checkedAt = this.#absent.get(id);
    if (checkedAt !== undefined && performance.now() - checkedAt < ABSENT_LIVES_MS) return false;
    try {
      const { resources = [] } = await this.#json<{ resources?: { name: string }[] }>({
        ...options,
        verb: 'get',
        method: 'GET',
        type,
        path: groupPath(type.apiVersion),
        about: 'discovery',
        repeatable: true,
      });
      if (resources.some(({ name }) => name === type.plural)) return true;
    } catch (error) {
      if (!KubeError.is(error, 'NotFound', 'KindNotFound')) throw error;
    }
    this.#absent.set(id, performance.now());
    return false;
  }

  /** The version of the API server, for instance `v1.35.4`. */
  async version(options: CallOptions = {}): Promise<{ gitVersion: string; major: string; minor: string }> {
    return this.#json({
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
    this.#transport.close();
  }

  async #json<R>(call: Call): Promise<R> {
    const { signal, retries = this.#options.retries ?? 4 } = call;
    let unauthorized = false;
    for (let failures = 1; ; failures++) {
      try {
        return (await this.#attempt(call)) as R;
      } catch (error) {
        if (!KubeError.is(error) || signal?.aborted) throw error;
        // The token may have been replaced since it was read. 401 is said before anything is done.
        if (error.status === 401 && !unauthorized) {
          unauthorized = true;
          continue;
        }
        const safe = error.notExecuted || (call.repeatable && error.retryable);
        if (!safe || failures > retries) throw error;
        const delay = Math.max(
          backoffDelay(RETRY_BACKOFF, failures),
          Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS),
        );
        this.#logger.debug({ delay, failures, reason: error.reason }, `Retries: ${error.message}`);
        await sleep(delay, signal);
        if (signal?.aborted) throw error;
      }
    }
  }

  async #attempt(call: Call): Promise<unknown> {
    const once = async () => {
      const { status, body, retryAfter } = await this.#observed(call, () =>
        this.#transport.send(this.#request(call)),
      );
      if (isOk(status)) return parse(call, status, body);
      if (status === 401) this.#transport.forgetCredentials();
      throw errorFromAnswer(status, body, describe(call), retryAfter);
    };
    if (call.urgent) return once();
    return this.#limiter.run(once, {
      signal: call.signal,
      onWait: (milliseconds) => {
        if (milliseconds > 1) this.#options.metrics?.throttled?.(milliseconds / 1000);
      },
    });
  }

  #timeout(call: Call): number {
    const { timeoutMs = this.#options.timeoutMs ?? 30_000 } = call;
    if (!this.#fence || call.method === 'GET') return timeoutMs;
    if (this.#fence.remainingMs() <= 0) throw new NotLeaderError(describe(call));
    return Math.min(timeoutMs, this.#fence.leaseRemainingMs());
  }

  #request(call: Call) {
    return {
      call: describe(call),
      method: call.method,
      path: call.path,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent ?? 'open-chatgpt',
        ...(call.contentType && { 'content-type': call.contentType }),
      },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: call.signal,
      timeoutMs: () => this.#timeout(call),
    };
  }

  async #observed<R extends Answer | object>(call: Call, work: () => Promise<R>): Promise<R> {
    const start = performance.now();
    let code = 'none';
    try {
      const result = await work();
      code = String(isAnswer(result) ? result.status : 200);
      return result;
    } finally {
      this.#options.metrics?.call({
        verb: call.verb,
        resource: resourceLabel(call),
        code,
        seconds: (performance.now() - start) / 1000,
      });
    }
  }
}

function parse(call: Call, status: number, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new KubeError({
      status,
      reason: 'InternalError',
      message: `${describe(call)}: the answer with status ${status} is not JSON: ${body.slice(0, 100)}`,
      cause: error,
    });
  }
}

const isAnswer = (result: object): result is Answer => 'body' in result && 'status' in result;

const resourceLabel = ({ type, subresource }: Call) =>
  subresource ? `${type.plural}/${subresource}` : type.plural;

const describe = (call: Call) => `${call.verb} ${resourceLabel(call)} ${call.about}`.trim();

const named = ({ metadata: { name = '', namespace } }: KubeObject): ObjectName => ({ name, namespace });

function required(type: ResourceType, namespace: string | undefined): string {
  if (!namespace) throw new Error(`${type.kind}: metadata.namespace is missing`);
  return namespace;
}
