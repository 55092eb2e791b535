import type { Logger } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';

const LONGEST_PATH = 200;

/** Probes come every few seconds, and say nothing. */
const PROBES = /^\/(health|metrics)\b/;

/** Middleware that logs each request when its response has ended: never its contents. */
export function logRequests(logger: Logger) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, path } = request;
    const start = performance.now();
    response.once('close', () => {
      if (PROBES.test(path)) return;
      logger.info(
        {
          requestId: response.get('x-request-id'),
          method,
          path: path.slice(0, LONGEST_PATH),
          status: response.statusCode,
          milliseconds: Math.round(performance.now() - start),
          complete: response.writableFinished,
        },
        'A request is answered',
      );
    });
    next();
  };
}
