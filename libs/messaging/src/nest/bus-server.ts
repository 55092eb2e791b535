import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type AnyEvent, contractOf, type EventType, fromMessage } from '@open-chatgpt/events';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from '../bus';
import type { RetryPolicy } from '../delivery/retry-policy';
import type { MessageContext, MessageOutcome } from '../delivery/retrying-handler';
import type { Subscription } from '../driver';
import type { Delivery } from '../message';
import { type Admission, GroupMembership } from './group-membership';

export interface BusServerOptions {
  readonly bus: Bus;
  /** The consumer group; all replicas of a service share it. */
  readonly group: string;
  /** How many events are handled at once, each of another partition; 1 by default. */
  readonly concurrency?: number;
  /** Whether a new group receives older events; true by default, because no command may be missed. */
  readonly fromBeginning?: boolean;
  readonly retry?: RetryPolicy;
  /** The event types to handle; by default all for which the application has an `@OnEvent` method. */
  readonly types?: readonly EventType[];
  /** The keys whose messages are handled; all by default. A message with another key is skipped unread. */
  readonly keys?: (key: string | null) => boolean;
  /** Messages of different keys do not wait for each other, also in one partition. */
  readonly independentKeys?: boolean;
  /** Without it, the service joins the group whatever it can do. */
  readonly admission?: Admission;
  /** Wraps each call of a handler, for example to set the log context from the event. */
  readonly wrapHandler?: <T>(event: AnyEvent, handle: () => Promise<T>) => Promise<T>;
}

const ADMITTED: Admission = { check: async () => undefined, onRefused: () => undefined };

/**
 * Delivers events to the `@OnEvent` methods of a Nest application:
 * `app.connectMicroservice({ strategy: new BusServer({ bus: app.get(Bus), group }) })`.
 */
export class BusServer extends Server implements CustomTransportStrategy {
  private membership: GroupMembership | undefined;

  constructor(private readonly options: BusServerOptions) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      this.membership = new GroupMembership(() => this.subscribe(), {
        admission: this.options.admission ?? ADMITTED,
      });
      await this.membership.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Finishes the running handlers, commits their events and leaves the group. */
  async close(): Promise<void> {
    await this.membership?.stop();
    this.membership = undefined;
  }

  on(): never {
    throw new Error('BusServer does not emit events; subscribe with @OnEvent.');
  }

  unwrap<T>(): T {
    return this.options.bus.driver as T;
  }

  private async subscribe(): Promise<Subscription | undefined> {
    const { bus, group, concurrency, retry, keys, independentKeys, fromBeginning = true } = this.options;
    const types = [...this.messageHandlers.keys()].filter((type) => this.wants(type));
    if (types.length === 0) {
      this.logger.warn(`The group ${group} has no @OnEvent method and subscribes to no topic.`);
      return undefined;
    }
    const topics = [...new Set(types.map((type) => contractOf(type as EventType).topic))];
    const handler = (delivery: Delivery, context: MessageContext) => this.handle(delivery, context);
    return bus.subscribe({
      group,
      concurrency,
      retry,
      keys,
      independentKeys,
      topics,
      fromBeginning,
      handler,
    });
  }

  private wants(type: string): boolean {
    return this.options.types?.includes(type as EventType) ?? true;
  }

  private async handle(delivery: Delivery, context: MessageContext): Promise<MessageOutcome> {
    const event = fromMessage(delivery);
    const handler = this.messageHandlers.get(event.type);
    if (!handler || !this.wants(event.type)) return 'unhandled';
    const { wrapHandler = (_, handle) => handle() } = this.options;
    // Nest combines several methods for one type into this handler; do not call `handler.next`.
    await wrapHandler(event, async () => {
      const result = await handler(event, context);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    });
    return undefined;
  }
}
