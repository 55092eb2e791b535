import { hostname } from 'node:os';
import { LRUCache } from 'lru-cache';
import type { KubeClient } from './client/kube-client';
import { KubeError } from './client/kube-error';
import { type KubeLogger, silentLogger } from './logger';
import { type KubeObject, type ObjectMeta, resourceType } from './object';

interface CoreEvent extends KubeObject {
  involvedObject: { apiVersion: string; kind: string; name?: string; namespace?: string; uid?: string };
  type: string;
  reason: string;
  message: string;
  source: { component: string; host?: string };
  reportingComponent: string;
  reportingInstance: string;
  action?: string;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
}

/** core/v1, because `kubectl describe` shows its count; `events.k8s.io` shows the same objects. */
const events = resourceType<CoreEvent>('v1', 'Event', 'events');

export interface EventRecorderOptions {
  client: KubeClient;
  /** Who reports, as in `open-chatgpt-operator`. */
  component: string;
  /** Which process. Default: the host name. */
  instance?: string;
  logger?: KubeLogger;
}

export interface EventDetails {
  type: 'Normal' | 'Warning';
  /** One word in PascalCase. */
  reason: string;
  /** For people, at most 1024 bytes. */
  message: string;
  /** What was done, as in `CreateJob`. */
  action?: string;
}

/** An Event that is in the API server. */
interface Written {
  name: string;
  count: number;
}

/** With the limits of client-go: an object may have 25 Events at once, then one every 5 minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
/** From so many Events that differ only in the message, one is kept that is counted. */
const SIMILAR = 10;
const SIMILAR_WITHIN_MS = 600_000;
/** Events that wait to be written. They are no record: when the API server is away, the oldest are lost. */
const LONGEST_QUEUE = 1_000;
const REMEMBERED = 4_096;
/** In bytes. */
const LONGEST_MESSAGE = 1_024;

/**
 * Reports what happened to an object as Events. A repetition counts up the Event that is there; many similar ones become
 * one; an object that has too many gets none for a while. `record` returns at once and never throws: an Event is never
 * worth a failed reconciliation.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #logger: KubeLogger;
  readonly #instance: string;
  readonly #written = new LRUCache<string, Written>({ max: REMEMBERED });
  readonly #similar = new LRUCache<string, Set<string>>({ max: REMEMBERED, ttl: SIMILAR_WITHIN_MS });
  readonly #budgets = new LRUCache<string, { tokens: number; at: number }>({ max: REMEMBERED });
  #queue: { about: KubeObject; event: EventDetails }[] = [];
  #writing?: Promise<void>;
  #logged = '';

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#instance = options.instance ?? hostname();
  }

  /** Reports an event about an object. */
  record(about: KubeObject, event: EventDetails): void {
    if (!this.#mayReport(about)) {
      this.#logger.debug(
        { key: about.metadata.name, reason: event.reason },
        'Too many Events about one object',
      );
      return;
    }
    // The rest of the object would be kept alive.
    const { apiVersion, kind, metadata } = about;
    const { name, namespace, uid, resourceVersion } = metadata;
    this.#queue.push({
      about: { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } },
      event: { ...event, message: cut(event.message) },
    });
    if (this.#queue.length > LONGEST_QUEUE) this.#queue.shift();
    this.#writing ??= this.#write();
  }

  /** Resolves when all Events so far are written or given up. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    // Later in this turn more may come; and `record` must not run what it calls.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        await this.#put(next.about, next.event);
        this.#logged = '';
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.#logged) this.#logger.warn({ err: error }, `Cannot write an Event: ${message}`);
        this.#logged = message;
      }
    }
    this.#writing = undefined;
  }

  async #put(about: KubeObject, event: EventDetails): Promise<void> {
    const { client } = this.#options;
    const combined = this.#combine(about, event);
    const id = idOf(about, combined.type, combined.reason, combined.combined ? '' : combined.message);
    const namespace = about.metadata.namespace ?? 'default';
    const now = new Date().toISOString().replace(/\.\d+Z/, 'Z');
    const written = this.#written.get(id);
    if (written) {
      const count = written.count + 1;
      try {
        const patch = { count, lastTimestamp: now, message: combined.message };
        await client.mergePatch(events, { namespace, name: written.name }, patch);
        this.#written.set(id, { ...written, count });
        return;
      } catch (error) {
        // Events expire after an hour.
        if (!KubeError.is(error, 'NotFound')) throw error;
      }
    }
    const created = await client.create(events, this.#eventOf(about, combined, namespace, now));
    this.#written.set(id, { name: created.metadata.name!, count: 1 });
  }

  #eventOf(about: KubeObject, event: EventDetails, namespace: string, now: string): CoreEvent {
    const { apiVersion, kind, metadata } = about;
    const { type, reason, message, action } = event;
    return {
      apiVersion: events.apiVersion,
      kind: events.kind,
      metadata: { generateName: `${metadata.name?.slice(0, 200)}.`, namespace } satisfies ObjectMeta,
      involvedObject: { apiVersion, kind, ...metadata },
      type,
      reason,
      message,
      action,
      source: { component: this.#options.component, host: this.#instance },
      reportingComponent: this.#options.component,
      reportingInstance: this.#instance,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
    };
  }

  #combine(about: KubeObject, event: EventDetails): EventDetails & { combined?: true } {
    const id = idOf(about, event.type, event.reason, '');
    const messages = this.#similar.get(id) ?? new Set();
    messages.add(event.message);
    // The time to live counts from the first one.
    if (messages.size === 1) this.#similar.set(id, messages);
    if (messages.size < SIMILAR) return event;
    return { ...event, message: `(combined from similar events): ${event.message}`, combined: true };
  }

  #mayReport({ kind, metadata }: KubeObject): boolean {
    const id = `${kind} ${metadata.uid ?? `${metadata.namespace}/${metadata.name}`}`;
    const now = performance.now();
    const { tokens, at } = this.#budgets.get(id) ?? { tokens: BURST, at: now };
    const left = Math.min(BURST, tokens + (now - at) / REFILL_MS);
    this.#budgets.set(id, { tokens: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }
}

const idOf = ({ kind, metadata }: KubeObject, ...more: string[]) =>
  JSON.stringify([kind, metadata.namespace, metadata.name, metadata.uid, ...more]);

/** Shortens a text to what an Event may have, between two characters. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= LONGEST_MESSAGE) return text;
  const kept = new TextDecoder().decode(bytes.subarray(0, LONGEST_MESSAGE - 3), { stream: true });
  return `${kept}…`;
}
