import { setTimeout as sleep } from 'node:timers/promises';
import { type AnyEvent, contractOf, type DataOf, type EventType, fromMessage } from '@open-chatgpt/events';
import type { KubeLogger } from '@open-chatgpt/kube';
import { type Bus, EventPublisher, eventTopics } from '@open-chatgpt/messaging';

/** Wait before the next attempt to reach the bus. */
const RETRY_MS = 5000;

/** Events that wait for the bus at most; the oldest are dropped first. */
const MOST_WAITING = 10_000;

/** Partitions of topics that do not exist yet, as in the other services. */
const PARTITIONS = 12;

export interface EventFeedOptions {
  openBus: () => Bus;
  group: string;
  types: readonly EventType[];
  /** @returns resolves when the effect of the event is durable, so that its offset may be committed */
  handle: (event: AnyEvent) => Promise<void>;
  logger: KubeLogger;
}

/**
 * Events from and to the bus. The operator works without it: reconcilers read outcomes from pods, and a bus that is away
 * only makes progress late.
 */
export class EventFeed {
  private readonly waiting: ((publisher: EventPublisher) => Promise<unknown>)[] = [];
  private publisher?: EventPublisher;
  private flushing = Promise.resolve();

  constructor(private readonly options: EventFeedOptions) {}

  /** Consumes events until `signal` is aborted, whatever happens to the bus. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const bus = this.options.openBus();
      try {
        await this.connect(bus, signal);
      } catch (err) {
        this.options.logger.warn({ err }, 'The bus cannot be reached; trying again');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      } finally {
        this.publisher = undefined;
        await bus.close().catch(() => undefined);
      }
    }
  }

  /** Publishes when the bus is there. */
  private publish(send: (publisher: EventPublisher) => Promise<unknown>): void {
    this.waiting.push(send);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    this.flush();
  }

  /** Publishes an event when the bus is there. @returns resolves when the bus has it */
  send<T extends EventType>(type: T, data: NoInfer<DataOf<T>>, id: string): Promise<void> {
    return new Promise((resolve) => {
      this.publish(async (publisher) => {
        await publisher.publish(type, data, { id });
        resolve();
      });
    });
  }

  private async connect(bus: Bus, signal: AbortSignal): Promise<void> {
    const { group, types, handle } = this.options;
    await bus.ensureTopics(eventTopics(PARTITIONS));
    const wanted = new Set<string>(types);
    const subscription = await bus.subscribe({
      group,
      topics: [...new Set(types.map((type) => contractOf(type).topic))],
      fromBeginning: true,
      handler: async (delivery, { commitAfter }) => {
        const event = fromMessage(delivery);
        if (!wanted.has(event.type)) return 'unhandled';
        commitAfter(handle(event));
        return undefined;
      },
    });
    this.publisher = new EventPublisher(bus, '/operator');
    this.flush();
    this.options.logger.info({ group }, 'The operator receives events');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await subscription.stop();
  }

  private flush(): void {
    this.flushing = this.flushing.then(async () => {
      while (this.publisher && this.waiting.length > 0) {
        try {
          await this.waiting[0](this.publisher);
          this.waiting.shift();
        } catch (err) {
          this.options.logger.warn({ err }, 'An event was not published; it is sent with the next one');
          return;
        }
      }
    });
  }
}
