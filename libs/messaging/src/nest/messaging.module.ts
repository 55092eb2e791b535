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
  /** Who this service is, in the events that it sends: `/sft-trainer/sft-trainer-0`. */
  readonly source: string;
  /** Partitions of the topics that do not exist yet; 12 by default. */
  readonly partitions?: number;
}

export interface MessagingAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<MessagingOptions>, 'inject' | 'useFactory'> {}

const OPTIONS = Symbol('MessagingOptions');

/**
 * Gives an application its `Bus` and `EventPublisher`, creates the platform's topics before anything is handled, and
 * disconnects after everything else has stopped.
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

/** A bus on which everybody hears it when messages have to wait. */
function createBus({ source, ...options }: MessagingOptions): Bus {
  const bus: Bus = new Bus({
    ...options,
    onStall: (stall) => {
      options.onStall?.(stall);
      raiseAlert(new EventPublisher(bus, source), stall).catch((err: Error) =>
        options.logger?.warn({ err, ...stall }, 'The alert was not sent'),
      );
    },
  });
  return bus;
}

async function raiseAlert(events: EventPublisher, { group, topic, partition, error }: Stall): Promise<void> {
  await events.publish('alert.raised', {
    name: 'MessagesWait',
    severity: 'critical',
    message:
      `The group ${group} cannot go on with ${topic}: ${error}`.slice(0, 8000) +
      ' It tries until this is repaired; no message is lost.',
    details: { group, topic, partition },
  });
}
