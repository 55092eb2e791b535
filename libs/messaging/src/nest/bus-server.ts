import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type AnyEvent, contractOf, type EventType, fromMessage } from '@open-chatgpt/events';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus } from '../bus';
import type { RetryPolicy } from '../delivery/retry-policy';
import type { MessageContext, MessageOutcome } from '../delivery/retrying-handler';
import type { Subscription } from '../driver';
import type { Delivery } from '../message';

export interface BusServerOptions {
  readonly bus: Bus;
  /** The consumer group, as it is: all replicas of a service share it. */
  readonly group: string;
  /** Events handled at once, each of another partition; 1 by default. */
  readonly concurrency?: number;
  /** Whether a group that is new sees what was sent before; true by default, for a command must not be missed. */
  readonly fromBeginning?: boolean;
  readonly retry?: RetryPolicy;
  /** Handles events of these types alone; by default all for which the application has a method. */
  readonly types?: readonly EventType[];
  /** Handles an event within a context that its data tell of. */
  readonly around?: <T>(event: AnyEvent, handle: () => Promise<T>) => Promise<T>;
}

/**
 * Gives a Nest application's `@OnEvent` methods their events:
 * `app.connectMicroservice({ strategy: new BusServer({ bus: app.get(Bus), group }) })`.
 */
export class BusServer extends Server implements CustomTransportStrategy {
  private subscription: Subscription | undefined;

  constructor(private readonly options: BusServerOptions) {
    super();
  }

  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.subscribe();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /** Finishes the events in hand, commits them and leaves the group. */
  async close(): Promise<void> {
    await this.subscription?.stop();
    this.subscription = undefined;
  }

  on(): never {
    throw new Error('BusServer emits no events of its own; subscribe with @OnEvent.');
  }

  unwrap<T>(): T {
    return this.options.bus.driver as T;
  }

  private async subscribe(): Promise<void> {
    const { bus, fromBeginning = true, types: _types, around: _around, ...options } = this.options;
    const types = [...this.messageHandlers.keys()].filter((type) => this.wants(type));
    if (types.length === 0) {
      this.logger.warn(`The group ${options.group} has no @OnEvent method: it subscribes to nothing.`);
      return;
    }
    const topics = [...new Set(types.map((type) => contractOf(type as EventType).topic))];
    const handler = (delivery: Delivery, context: MessageContext) => this.handle(delivery, context);
    this.subscription = await bus.subscribe({ ...options, topics, fromBeginning, handler });
  }

  private wants(type: string): boolean {
    return this.options.types?.includes(type as EventType) ?? true;
  }

  private async handle(delivery: Delivery, context: MessageContext): Promise<MessageOutcome> {
    const event = fromMessage(delivery);
    const handler = this.messageHandlers.get(event.type);
    if (!handler || !this.wants(event.type)) return 'unhandled';
    const { around = (_, handle) => handle() } = this.options;
    // Where several methods handle a type, Nest has joined them to one: `handler.next` is its business.
    await around(event, async () => {
      const result = await handler(event, context);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    });
    return undefined;
  }
}
