import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { ServiceConfig } from './config/service-config';
import { HealthController } from './health/health.controller';
import { HealthService } from './health/health.service';
import { createLogger } from './logging/logger';
import { MetricsController } from './metrics/metrics.controller';
import { MetricsService } from './metrics/metrics.service';
import { CONFIG, LOGGER } from './tokens';

/** What every service has besides its task: configuration, logs, health, metrics. */
@Global()
@Module({})
export class ServiceModule {
  /** @param name what the service is called in logs and metrics */
  static forRoot(name: string, config: ServiceConfig): DynamicModule {
    const logger = createLogger(name, config.logLevel);
    return {
      module: ServiceModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        HealthService,
        MetricsService,
      ],
      exports: [CONFIG, LOGGER, HealthService, MetricsService],
    };
  }
}
