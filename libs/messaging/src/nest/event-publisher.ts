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

/** Publishes the events of one service. */
export class EventPublisher {
  /** @param source the service, as a URI reference: `/sft-trainer/sft-trainer-0` */
  constructor(
    private readonly bus: Bus,
    readonly source: string,
  ) {}

  /**
   * Creates an event and publishes it; resolves when it is stored durably.
   * @param options an `id` that is derived from the work lets consumers skip an event that is published twice
   * @throws InvalidEvent that names the field which breaks the contract
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

  /** Creates an event without publishing it, for `publishAll`. */
  create<T extends EventType>(
    type: T,
    data: NoInfer<DataOf<T>>,
    options: { readonly id?: string } = {},
  ): EventOf<T> {
    const trace: Record<string, string> = {};
    propagation.inject(context.active(), trace);
    return createEvent(type, data, { source: this.source, ...options, ...trace });
  }

  /** Publishes the events in this order; resolves when all are stored durably. */
  async publishAll(events: readonly AnyEvent[]): Promise<void> {
    await this.bus.publish(
      events.map((event) => {
        const { topic, key, headers, value } = toBinaryMessage(event);
        return { topic, key, headers, value: Buffer.from(value) };
      }),
    );
  }
}
