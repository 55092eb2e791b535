import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Bus, type BusOptions } from '../bus';
import type { Stall } from '../delivery/stall-tracker';
import { EventPublisher } from './event-publisher';
import { eventTopics } from './event-topics';

export interface MessagingOptions extends BusOptions {
  /** The source of the events that this service publishes: `/sft-trainer/sft-trainer-0`. */
  readonly source: string;
  /** How many partitions new topics get; 12 by default. */
  readonly partitions?: number;
}

export interface MessagingAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<MessagingOptions>, 'inject' | 'useFactory'> {}

const OPTIONS = Symbol('MessagingOptions');

/**
 * Provides `Bus` and `EventPublisher`. Creates the platform's topics before the first event is handled, and disconnects
 * after all other modules have stopped.
 */
@Module({})
export class MessagingModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(OPTIONS) private readonly options: MessagingOptions,
  ) {}

  static forRoot(options: MessagingOptions): DynamicModule {
    return MessagingModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: MessagingAsyncOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      imports,
      providers: [
        { provide: OPTIONS, inject, useFactory },
        { provide: Bus, inject: [OPTIONS], useFactory: createBus },
        {
          provide: EventPublisher,
          inject: [Bus, OPTIONS],
          useFactory: (bus: Bus, { source }: MessagingOptions) => new EventPublisher(bus, source),
        },
      ],
      exports: [Bus, EventPublisher],
    };
  }

  async onModuleInit(): Promise<void> {
    await this.bus.ensureTopics(eventTopics(this.options.partitions ?? 12));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.bus.close();
  }
}

/** A bus that publishes an alert when an infrastructure failure blocks a partition. */
function createBus({ source, ...options }: MessagingOptions): Bus {
  const bus: Bus = new Bus({
    ...options,
    onStall: (stall) => {
      options.onStall?.(stall);
      raiseAlert(new EventPublisher(bus, source), stall).catch((err: Error) =>
        options.logger?.warn({ err, ...stall }, 'The alert cannot be published'),
      );
    },
  });
  return bus;
}

async function raiseAlert(events: EventPublisher, { group, topic, partition, error }: Stall): Promise<void> {
  await events.publish('alert.raised', {
    name: 'MessagesBlocked',
    severity: 'critical',
    message:
      `The group ${group} cannot handle the messages of ${topic}: ${error}`.slice(0, 8000) +
      '. It retries until the cause is repaired; no message is lost.',
    details: { group, topic, partition },
  });
}
