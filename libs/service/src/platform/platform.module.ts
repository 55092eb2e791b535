import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Bus, type BusDriver, EmbeddedDriver, KafkaDriver, MessagingModule } from '@open-chatgpt/messaging';
import { type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import type { ServiceConfig } from '../config/service-config';
import { HealthService } from '../health/health.service';
import type { Logger } from '../logging/logger';
import { MetricsService } from '../metrics/metrics.service';
import { LOGGER } from '../tokens';
import { createBusMetrics } from './bus-metrics';

export const OBJECT_STORE = Symbol('object store');

/** The bus and the store that the configuration names; nothing else knows which they are. */
@Global()
@Module({})
export class PlatformModule {
  constructor(health: HealthService, bus: Bus) {
    health.add('bus', () => bus.check());
  }

  /** @param driver the bus of this process, where several services share one */
  static forRoot(name: string, config: ServiceConfig, driver = openDriver(name, config)): DynamicModule {
    const store = {
      provide: OBJECT_STORE,
      inject: [HealthService],
      useFactory: (health: HealthService): ObjectStore => {
        const opened = openStore(config);
        health.add('store', () => opened.check());
        return opened;
      },
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
