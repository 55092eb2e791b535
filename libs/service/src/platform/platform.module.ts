import { type DynamicModule, Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Bus, type BusDriver, MessagingModule } from '@open-chatgpt/messaging';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import { checkWritable } from '../config/check-writable';
import type { ServiceConfig } from '../config/service-config';
import { HealthService } from '../health/health.service';
import { LOGGER } from '../injection-tokens';
import type { Logger } from '../logging/logger';
import { MetricsService } from '../metrics/metrics.service';
import { createBusMetrics } from './bus-metrics';
import { openDriver } from './open-driver';
import { s3OptionsOf } from './s3-options';

export const OBJECT_STORE = Symbol('object store');

/** Provides the bus and the store of the configuration; no other code knows which ones they are. */
@Global()
@Module({})
export class PlatformModule implements OnModuleInit {
  constructor(
    health: HealthService,
    bus: Bus,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    health.add('bus', () => bus.check());
    health.add('store', () => store.check());
  }

  /** Creates the bucket if that is allowed. While the store is unavailable, the service starts but is not ready. */
  async onModuleInit(): Promise<void> {
    await this.store
      .check()
      .catch((err: Error) => this.logger.warn({ err }, 'The store is not available yet'));
  }

  /** @param driver the bus driver, if several services in one process share one */
  static forRoot(name: string, config: ServiceConfig, driver?: BusDriver): DynamicModule {
    const store = {
      provide: OBJECT_STORE,
      useFactory: (): ObjectStore => openStore(config),
    };
    const messaging = MessagingModule.forRootAsync({
      inject: [LOGGER, MetricsService],
      useFactory: (logger: Logger, metrics: MetricsService) => ({
        driver: driver ?? openDriver(name, config, logger),
        logger,
        metrics: createBusMetrics(metrics),
        source: `/${name}`,
      }),
    });
    return { module: PlatformModule, imports: [messaging], providers: [store], exports: [OBJECT_STORE] };
  }
}

/** The object store of the configuration. @throws Error that names its folder when that cannot be written */
export function openStore(config: ServiceConfig): ObjectStore {
  if (!/^[a-z]\w+:\/\//i.test(config.store)) checkWritable('store', config.store);
  return openObjectStore(config.store, s3OptionsOf(config));
}
