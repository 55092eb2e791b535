import { type Backoff, backoffDelay, jitter, sleep } from '../backoff';
import type { KubeClient } from '../client/kube-client';
import { KubeError } from '../client/kube-error';
import type { Selection } from '../client/paths';
import type { WatchEvent } from '../client/watch-stream';
import { type KubeLogger, silentLogger } from '../logger';
import { type KubeObject, keyOf, type ResourceType } from '../object';
import { Cache, deepFreeze, type IndexFunction } from './cache';

export interface InformerOptions<T extends KubeObject, C = T> extends Selection {
  client: KubeClient;
  type: ResourceType<T>;
  /** Reduces an object to what its readers need, before it is cached. `managedFields` are always left out. */
  project?: (object: T) => C;
  /** Finds objects by more than their key, as with `byOwnerUid` and `byLabel`. */
  indexes?: Record<string, IndexFunction<C>>;
  /**
   * A watch that brings nothing for so long is begun again. API servers send a bookmark about once a minute. Default 150 s.
   */
  silentAfterMs?: number;
  /** Between attempts to list or watch. Default 500 ms to 30 s. */
  backoff?: Backoff;
  logger?: KubeLogger;
  metrics?: InformerMetrics;
}

export interface InformerMetrics {
  /** Objects in the cache. */
  objects(resource: string, count: number): void;
  /** All objects were listed: the first time, or because the watch could not go on. */
  listed(resource: string, reason: string): void;
  /** A watch ended, and another one follows. */
  watchEnded(resource: string, reason: string): void;
}

/** A difference between the cache before and after. After a new list, only what differs is reported. */
export interface Change<C> {
  type: 'added' | 'updated' | 'deleted';
  key: string;
  /** For `deleted` the last object that was seen. */
  object: C;
  previous?: C;
}

const BACKOFF = { baseMs: 500, maxMs: 30_000 };
/** After so many watches in a row that brought nothing, the list is read again: the version may be one that fails always. */
const FRUITLESS_WATCHES = 5;
/** The server ends a watch after 5 to 10 minutes, so that watches spread over the servers again. */
const WATCH_SECONDS = 300;
const SHORTEST_WATCH_MS = 1_000;

/**
 * A cache of the selected objects of a kind that follows the API server.
 *
 * It lists, then watches from the version of the list. No error ends it: after Expired it lists again, after any other it
 * backs off and watches from the last version seen. The informer of client-node was not used: an error other than 410,
 * also of its first list, stops it; it keeps whole objects, unpaged and not projected, and hands out the cached ones to
 * be changed by mistake; and it does not notice a watch that has gone silent.
 *
 * Handlers run within the loop that reads the watch, so they must only enqueue keys.
 */
export class Informer<T extends KubeObject, C = T> {
  readonly #options: InformerOptions<T, C>;
  readonly #logger: KubeLogger;
  readonly #cache: Cache<C>;
  readonly #handlers: ((change: Change<C>) => void)[] = [];
  readonly #stop = new AbortController();
  readonly #firstList: Promise<void>;
  #settleFirstList!: { resolve: () => void; reject: (error: Error) => void };
  #running?: Promise<void>;
  #synced = false;
  #version?: string;
  /** Failures in a row, for the backoff. */
  #failures = 0;
  /** Watches in a row that the server answered without bringing anything. */
  #fruitless = 0;

  constructor(options: InformerOptions<T, C>) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#cache = new Cache(options.indexes ?? {});
    this.#firstList = new Promise((resolve, reject) => {
      this.#settleFirstList = { resolve, reject };
    });
    // Nobody has to wait for it.
    this.#firstList.catch(() => undefined);
  }

  get type(): ResourceType<T> {
    return this.#options.type;
  }

  /** Calls `handler` for every change from now on. What it throws is logged. */
  onChange(handler: (change: Change<C>) => void): void {
    this.#handlers.push(handler);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch; the cache stays readable. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#settleFirstList.reject(
      new Error(`The informer of ${this.type.plural} was stopped before its first list`),
    );
    await this.#running;
  }

  /** Resolves when the first list is in the cache and its changes have been reported. */
  synced(): Promise<void> {
    return this.#firstList;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** The object, deeply frozen. It may be older than what the API server has. */
  get(key: string): C | undefined {
    return this.#cache.entry(key)?.object;
  }

  list(namespace?: string): C[] {
    return this.#cache.objects(namespace);
  }

  keys(): string[] {
    return [...this.#cache.keys()];
  }

  byIndex(index: string, value: string): C[] {
    return this.#cache.byIndex(index, value);
  }

  get size(): number {
    return this.#cache.size;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { metrics, backoff = BACKOFF } = this.#options;
    const { plural } = this.type;
    let reason = 'first';
    while (!signal.aborted) {
      let delay = 0;
      try {
        if (this.#version === undefined) {
          this.#version = await this.#list();
          metrics?.listed(plural, reason);
          this.#synced = true;
          this.#settleFirstList.resolve();
        }
        await this.#watch(this.#version);
        reason = 'closed';
      } catch (error) {
        if (signal.aborted) return;
        this.#failures++;
        reason = this.#recover(error as Error);
        delay = KubeError.is(error) ? (error.retryAfterMs ?? 0) : 0;
      }
      metrics?.watchEnded(plural, reason);
      if (this.#fruitless >= FRUITLESS_WATCHES) {
        this.#fruitless = 0;
        this.#version = undefined;
      }
      if (this.#failures > 0) delay = Math.max(delay, backoffDelay(backoff, this.#failures));
      await sleep(delay, signal);
    }
  }

  /** Decides where to go on after an error. */
  #recover(error: Error): string {
    const reason = KubeError.is(error) ? error.reason : error.name;
    const { plural } = this.type;
    if (isStale(error)) {
      this.#version = undefined;
      this.#logger.info({ resource: plural, reason }, `Lists ${plural} again: ${error.message}`);
    } else {
      // Without an answer the version may well be good.
      if (!KubeError.is(error, 'Unavailable') || error.status !== 0) this.#fruitless++;
      this.#logger.warn(
        { resource: plural, reason },
        `The watch of ${plural} failed and will go on: ${error.message}`,
      );
    }
    return reason;
  }

  async #list(): Promise<string> {
    const { signal } = this.#stop;
    try {
      return await this.#replaceAll({ signal });
    } catch (error) {
      if (!KubeError.is(error, 'Expired')) throw error;
      // Reading the pages took longer than the server keeps a version; one page cannot.
      return this.#replaceAll({ signal, pageSize: 0 });
    }
  }

  async #replaceAll(options: { signal: AbortSignal; pageSize?: number }): Promise<string> {
    const { client, type, namespace, labelSelector, fieldSelector } = this.#options;
    const gone = new Set(this.#cache.keys());
    let version = '';
    for await (const page of client.pages(type, { namespace, labelSelector, fieldSelector, ...options })) {
      version = page.resourceVersion;
      for (const object of page.items) {
        gone.delete(keyOf(object));
        this.#store(object);
      }
    }
    for (const key of gone) this.#remove(key);
    this.#count();
    return version;
  }

  /** Follows one watch to its end. */
  async #watch(from: string): Promise<void> {
    const { client, type, namespace, labelSelector, fieldSelector, silentAfterMs = 150_000 } = this.#options;
    const start = performance.now();
    const events = client.watch(type, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: from,
      timeoutSeconds: Math.round(jitter(WATCH_SECONDS * 1.5, 1 / 3)),
      silentAfterMs,
      signal: this.#stop.signal,
    });
    try {
      for await (const event of events) {
        this.#take(event);
        this.#version = event.object.metadata.resourceVersion;
        this.#failures = 0;
        this.#fruitless = 0;
      }
    } finally {
      if (performance.now() - start >= SHORTEST_WATCH_MS) this.#failures = 0;
    }
    // The server ends a watch when its time is over; one that ends at once is a failure.
    if (performance.now() - start >= SHORTEST_WATCH_MS) return;
    this.#failures++;
    this.#fruitless++;
  }

  #take({ type, object }: WatchEvent<T>): void {
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#remove(keyOf(object), this.#reduce(object));
    else this.#store(object);
    this.#count();
  }

  #store(object: T): void {
    const key = keyOf(object);
    const { uid, resourceVersion } = object.metadata;
    const before = this.#cache.entry(key);
    if (before && before.resourceVersion === resourceVersion && before.uid === uid) return;
    // Deleted and created again while nobody watched.
    if (before && before.uid !== uid) this.#remove(key);
    const cached = this.#reduce(object);
    if (cached === undefined) {
      this.#remove(key);
      return;
    }
    this.#cache.set(key, { object: cached, uid, resourceVersion });
    if (before && before.uid === uid)
      this.#report({ type: 'updated', key, object: cached, previous: before.object });
    else this.#report({ type: 'added', key, object: cached });
  }

  #remove(key: string, last?: C): void {
    const entry = this.#cache.entry(key);
    if (!entry) return;
    this.#cache.delete(key);
    this.#report({ type: 'deleted', key, object: last ?? entry.object, previous: entry.object });
  }

  /** What is cached of an object; undefined when `project` or an index cannot read it, so that it does not block the others. */
  #reduce(object: T): C | undefined {
    delete object.metadata.managedFields;
    const { project, indexes = {} } = this.#options;
    try {
      const reduced = project ? project(object) : (object as unknown as C);
      for (const of of Object.values(indexes)) of(reduced);
      return deepFreeze(reduced);
    } catch (error) {
      this.#logger.error(
        { resource: this.type.plural, key: keyOf(object), err: error },
        `Cannot cache ${this.type.kind} ${keyOf(object)}: "project" or an index failed: ${(error as Error).message}`,
      );
      return undefined;
    }
  }

  #report(change: Change<C>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (error) {
        this.#logger.error(
          { resource: this.type.plural, key: change.key, err: error },
          `A handler of ${this.type.plural} failed: it must only enqueue keys`,
        );
      }
    }
  }

  #count(): void {
    this.#options.metrics?.objects(this.type.plural, this.#cache.size);
  }
}

/** The server no longer has the version, or does not have it yet (another server, or one restored from a backup). */
function isStale(error: unknown): boolean {
  if (!KubeError.is(error)) return false;
  return (
    error.reason === 'Expired' || error.causes.some(({ reason }) => reason === 'ResourceVersionTooLarge')
  );
}
