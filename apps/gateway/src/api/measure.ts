import type { MetricsService } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';

/** Seconds. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10];

/** How long requests take, by the pattern of their route: paths themselves would be labels without end. */
export function measureRequests(metrics: MetricsService) {
  const seconds = metrics.histogram(
    'http_request_seconds',
    'requests, event streams with their whole length',
    ['method', 'route', 'status'],
    BUCKETS,
  );
  return (request: Request, response: Response, next: NextFunction): void => {
    const end = seconds.startTimer();
    response.once('close', () => {
      const route = (request.route as { path?: unknown } | undefined)?.path;
      end({
        method: request.method,
        route: typeof route === 'string' ? route : 'none',
        status: String(response.statusCode),
      });
    });
    next();
  };
}
