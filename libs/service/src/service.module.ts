import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { refusedRequests } from './access/refused-requests';
import { BodyBudget } from './bodies/body-budget';
import { JsonBodyInterceptor } from './bodies/json-body.interceptor';
import type { ServiceConfig } from './config/service-config';
import { HealthController } from './health/health.controller';
import { HealthService } from './health/health.service';
import { CONFIG, LOGGER } from './injection-tokens';
import type { Logger } from './logging/logger';
import { MetricsController } from './metrics/metrics.controller';
import { MetricsService } from './metrics/metrics.service';
import { ShutdownHook } from './shutdown-hook';

/** The parts that every service has: configuration, logs, health and metrics. */
@Global()
@Module({})
export class ServiceModule {
  /** @param stopTracing sends the remaining traces; called after all modules have stopped */
  static forRoot(config: ServiceConfig, logger: Logger, stopTracing: () => Promise<void>): DynamicModule {
    return {
      module: ServiceModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: ShutdownHook, useValue: new ShutdownHook(logger, stopTracing) },
        HealthService,
        MetricsService,
        {
          provide: APP_INTERCEPTOR,
          inject: [Reflector, MetricsService],
          useFactory: (reflector: Reflector, metrics: MetricsService) => {
            const budget = new BodyBudget(Math.max(config.maxBodyBytes, config.maxBodyBytesInFlight));
            return new JsonBodyInterceptor(reflector, config, budget, refusedRequests(metrics));
          },
        },
      ],
      exports: [CONFIG, LOGGER, HealthService, MetricsService],
    };
  }
}
