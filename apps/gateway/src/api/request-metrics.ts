import type { MetricsService } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';

/** Seconds. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** Middleware that measures requests by the pattern of their route: a label for each path would be unbounded. */
export function measureRequests(metrics: MetricsService) {
  const seconds = metrics.histogram(
    'http_request_seconds',
    'Duration of requests; of event streams, until they end.',
    ['method', 'route', 'status'],
    BUCKETS,
  );
  return (request: Request, response: Response, next: NextFunction): void => {
    const stopTimer = seconds.startTimer();
    response.once('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      stopTimer({
        method: request.method,
        route: typeof route === 'string' ? route : 'none',
        status: String(response.statusCode),
      });
    });
    next();
  };
}
