import { type DynamicModule, Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Bus, type BusDriver, EmbeddedDriver, KafkaDriver, MessagingModule } from '@open-chatgpt/messaging';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import type { ServiceConfig } from '../config/service-config';
import { HealthService } from '../health/health.service';
import { LOGGER } from '../injection-tokens';
import type { Logger } from '../logging/logger';
import { MetricsService } from '../metrics/metrics.service';
import { createBusMetrics } from './bus-metrics';

export const OBJECT_STORE = Symbol('object store');

/** The bus and the store that the configuration names; nothing else knows which they are. */
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

  /** Makes the bucket where that is allowed. A store that is away makes the service wait, not fail: it is not ready. */
  async onModuleInit(): Promise<void> {
    await this.store.check().catch((err: Error) => this.logger.warn({ err }, 'the store is not there yet'));
  }

  /** @param driver the bus of this process, where several services share one */
  static forRoot(name: string, config: ServiceConfig, driver = openDriver(name, config)): DynamicModule {
    const store = {
      provide: OBJECT_STORE,
      useFactory: (): ObjectStore => openStore(config),
    };
    const messaging = MessagingModule.forRootAsync({
      inject: [LOGGER, MetricsService],
      useFactory: (logger: Logger, metrics: MetricsService) => ({
        driver,
        logger,
        metrics: createBusMetrics(metrics),
        source: `/${name}`,
      }),
    });
    return { module: PlatformModule, imports: [messaging], providers: [store], exports: [OBJECT_STORE] };
  }
}

export function openDriver(name: string, { bus, kafkaSessionTimeoutSeconds }: ServiceConfig): BusDriver {
  if (bus === 'embedded') return new EmbeddedDriver();
  const sessionTimeoutMs = kafkaSessionTimeoutSeconds * 1000;
  return new KafkaDriver({
    brokers: bus.slice('kafka://'.length).split(','),
    clientId: name,
    sessionTimeoutMs,
    // A few heartbeats may be missed.
    heartbeatIntervalMs: Math.min(3000, sessionTimeoutMs / 4),
  });
}

function openStore(config: ServiceConfig): ObjectStore {
  const { store, s3Endpoint, s3AccessKey, s3SecretKey, s3Region, s3CreateBucket } = config;
  return openObjectStore(store, {
    endpoint: s3Endpoint,
    accessKey: s3AccessKey,
    secretKey: s3SecretKey,
    region: s3Region,
    createBucket: s3CreateBucket,
  });
}
