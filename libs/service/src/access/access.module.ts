import { Module } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { Gauge } from 'prom-client';
import type { ServiceConfig } from '../config/service-config';
import { CONFIG, LOGGER } from '../injection-tokens';
import type { Logger } from '../logging/logger';
import { MetricsService } from '../metrics/metrics.service';
import { AccessGuard } from './access.guard';
import { AccessLog } from './access-log';
import { accessMode } from './access-mode';
import { Authenticator } from './authenticator';
import { OpenResponses } from './open-responses';
import { RateLimiter } from './rate-limiter';
import { refusedRequests } from './refused-requests';
import { StreamLimiter } from './stream-limiter';

/** Tokens, scopes and rate limits for every route of a service. With tokens, a route that declares no scope rejects all requests. */
@Module({
  providers: [
    {
      provide: APP_GUARD,
      inject: [Reflector, CONFIG, LOGGER, MetricsService],
      useFactory: (reflector: Reflector, config: ServiceConfig, logger: Logger, metrics: MetricsService) => {
        const mode = accessMode(config);
        if (mode === 'anonymous') logger.warn('OPEN_CHATGPT_ANONYMOUS is set: every client has full access');
        return new AccessGuard(reflector, {
          mode,
          authenticator: config.tokens ? new Authenticator(config.tokens, logger) : undefined,
          limiter: new RateLimiter(config.requestsPerMinute),
          log: new AccessLog(logger, refusedRequests(metrics)),
          open: new OpenResponses(),
          trustedOrigins: config.corsOrigins,
        });
      },
    },
    {
      provide: StreamLimiter,
      inject: [CONFIG, MetricsService],
      useFactory: ({ streamsPerCaller }: ServiceConfig, metrics: MetricsService) => {
        const limiter = new StreamLimiter(streamsPerCaller);
        new Gauge({
          name: 'http_streams',
          help: 'Open event streams.',
          registers: [metrics.registry],
          collect() {
            this.set(limiter.total);
          },
        });
        return limiter;
      },
    },
  ],
  exports: [StreamLimiter],
})
export class AccessModule {}
