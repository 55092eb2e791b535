import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { ServiceConfig } from './config/service-config';
import { Ending } from './ending';
import { HealthController } from './health/health.controller';
import { HealthService } from './health/health.service';
import type { Logger } from './logging/logger';
import { MetricsController } from './metrics/metrics.controller';
import { MetricsService } from './metrics/metrics.service';
import { CONFIG, LOGGER } from './tokens';

/** What every service has besides its task: configuration, logs, health, metrics. */
@Global()
@Module({})
export class ServiceModule {
  /** @param stopTracing sends what is left of the traces, after everything else has stopped */
  static forRoot(config: ServiceConfig, logger: Logger, stopTracing: () => Promise<void>): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: Ending, useValue: new Ending(logger, stopTracing) },
        HealthService,
        MetricsService,
      ],
      exports: [CONFIG, LOGGER, HealthService, MetricsService],
    };
  }
}
