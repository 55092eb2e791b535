import { type Backoff, jitter } from './backoff';
import { NotLeaderError } from './client/fence';
import { KubeError } from './client/kube-error';
import type { Change, Informer } from './informer/informer';
import { type KubeLogger, silentLogger } from './logger';
import { controllerOf, groupOf, type KubeObject, type ObjectMeta } from './object';
import { type HandlerContext, type HandlerResult, type QueueMetrics, WorkQueue } from './queue/work-queue';

export type ReconcileContext = HandlerContext;
export type ReconcileResult = HandlerResult;

/** Whose changes make keys. */
export interface Source {
  readonly synced: () => Promise<void>;
  readonly subscribe: (enqueue: (key: string) => void) => void;
  /** Keys that are reconciled from time to time without a change. */
  readonly resyncKeys: () => string[];
}

export interface ControllerOptions {
  name: string;
  /**
   * Brings the world closer to what the object of the key asks for. It must be idempotent: a key comes without saying what
   * has changed, and again after a failure.
   */
  reconcile: (key: string, context: ReconcileContext) => Promise<ReconcileResult | undefined> | Promise<void>;
  sources: Source[];
  /** Keys reconciled at the same time. Default 4. */
  workers?: number;
  /** Within this time, ±20 %, every key is reconciled once. Default 10 minutes; 0 for never. */
  resyncMs?: number;
  backoff?: Backoff;
  logger?: KubeLogger;
  metrics?: QueueMetrics;
}

/**
 * The changes that an informer sees, as keys. By default each object is reconciled under its own key, also without a
 * change; with `keys`, changes of an object are changes of others, as of its owner (`ownedBy`).
 */
export function watches<T extends KubeObject, C>(
  informer: Informer<T, C>,
  keys?: (change: Change<C>) => string[],
): Source {
  return {
    synced: () => informer.synced(),
    subscribe: (enqueue) => {
      informer.onChange((change) => {
        for (const key of keys ? keys(change) : [change.key]) enqueue(key);
      });
    },
    resyncKeys: () => (keys ? [] : informer.keys()),
  };
}

/** The key of the owner that controls a changed object; of both owners when it has changed hands. */
export function ownedBy(owner: { apiVersion: string; kind: string }) {
  const group = groupOf(owner.apiVersion);
  return ({ object, previous }: Change<{ metadata: ObjectMeta }>): string[] => {
    const keys = [object, previous].flatMap((version) => {
      const controller = version && controllerOf(version);
      if (!controller || controller.kind !== owner.kind || groupOf(controller.apiVersion) !== group)
        return [];
      const { namespace } = object.metadata;
      return namespace ? [`${namespace}/${controller.name}`] : [controller.name];
    });
    return [...new Set(keys)];
  };
}

/** Reconciles objects of one kind: changes become keys, and each key is reconciled until that succeeds. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #logger: KubeLogger;
  readonly #queue: WorkQueue;
  /** The last message of each failing key, so that it is not logged again and again. */
  readonly #logged = new Map<string, string>();
  #resync?: NodeJS.Timeout;
  #stopped = false;

  constructor(options: ControllerOptions) {
    const { name, reconcile, workers, backoff, metrics, logger = silentLogger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#queue = new WorkQueue({
      name,
      handler: reconcile,
      workers,
      backoff,
      metrics,
      onError: (key, error, failures) => this.#log(key, error, failures),
      onRecovered: (key) => {
        if (this.#logged.delete(key))
          logger.info({ controller: name, key }, `${name}: ${key} succeeds again`);
      },
    });
    for (const source of options.sources) source.subscribe((key) => this.#queue.add(key));
  }

  /** Reconciles as soon as all sources have their first list. The informers are started by who made them. */
  async start(): Promise<void> {
    await Promise.all(this.#options.sources.map(({ synced }) => synced()));
    if (this.#stopped) return;
    this.#queue.start();
    this.#scheduleResync();
  }

  enqueue(key: string): void {
    this.#queue.add(key);
  }

  enqueueAfter(key: string, milliseconds: number): void {
    this.#queue.addAfter(key, milliseconds);
  }

  /** Begins no more reconciliations and waits for those under way. See `WorkQueue.drain`. */
  async stop(graceMs?: number): Promise<boolean> {
    this.#stopped = true;
    clearTimeout(this.#resync);
    return this.#queue.drain(graceMs);
  }

  /** Spreads the keys over the period, so that they are no load at once. */
  #scheduleResync(): void {
    const { resyncMs = 600_000, sources } = this.#options;
    if (resyncMs <= 0) return;
    const period = jitter(resyncMs, 0.2);
    this.#resync = setTimeout(() => {
      const keys = new Set(sources.flatMap(({ resyncKeys }) => resyncKeys()));
      for (const key of keys) this.#queue.addAfter(key, Math.random() * period);
      this.#scheduleResync();
    }, period);
  }

  #log(key: string, error: unknown, failures: number): void {
    const { name } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    const fields = { controller: name, key, failures, err: error };
    // The cache was older than the server, or the lease is lost: both are everyday, and what follows corrects them.
    const everyday = KubeError.is(error, 'Conflict') || error instanceof NotLeaderError;
    if (everyday || this.#logged.get(key) === message) {
      this.#logger.debug(fields, `${name}: ${key} failed: ${message}`);
      return;
    }
    this.#logged.set(key, message);
    this.#logger.warn(fields, `${name}: ${key} failed and is tried again: ${message}`);
  }
}
