import {
  type AnyEvent,
  createEvent,
  type DataOf,
  type EventOf,
  type EventType,
  toBinaryMessage,
} from '@open-chatgpt/events';
import { context, propagation } from '@opentelemetry/api';
import type { Bus } from '../bus';

/** Sends events in the name of one service. */
export class EventPublisher {
  /** @param source who tells, as a URI reference: `/sft-trainer/sft-trainer-0` */
  constructor(
    private readonly bus: Bus,
    readonly source: string,
  ) {}

  /**
   * Makes an event of `data` and sends it; resolves when it is safely stored.
   * @param options an `id` derived from the work makes what is sent again a duplicate that readers skip
   * @throws InvalidEvent naming the field that breaks the contract
   */
  async publish<T extends EventType>(
    type: T,
    data: NoInfer<DataOf<T>>,
    options: { readonly id?: string } = {},
  ): Promise<EventOf<T>> {
    const event = this.create(type, data, options);
    await this.publishAll([event]);
    return event;
  }

  /** As `publish`, without sending: for `publishAll`. */
  create<T extends EventType>(
    type: T,
    data: NoInfer<DataOf<T>>,
    options: { readonly id?: string } = {},
  ): EventOf<T> {
    const trace: Record<string, string> = {};
    propagation.inject(context.active(), trace);
    return createEvent(type, data, { source: this.source, ...options, ...trace });
  }

  /** Sends in this order; resolves when all are safely stored. */
  async publishAll(events: readonly AnyEvent[]): Promise<void> {
    await this.bus.publish(
      events.map((event) => {
        const { topic, key, headers, value } = toBinaryMessage(event);
        return { topic, key, headers, value: Buffer.from(value) };
      }),
    );
  }
}
