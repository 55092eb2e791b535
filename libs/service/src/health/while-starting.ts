import type { NextFunction, Request, Response } from 'express';
import type { HealthService } from './health.service';

/** Answers the requests of a service that listens and is not started yet. */
export class WhileStarting {
  private started = false;

  constructor(private readonly health: HealthService) {}

  /** From now on the service itself answers. */
  end(): void {
    this.started = true;
    this.health.started();
  }

  /** Middleware: the probes get the answers of the service, every other request 503. */
  readonly handle = async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    if (this.started) return next();
    if (request.path === '/health/live') {
      response.json({ status: 'ok' });
      return;
    }
    const body =
      request.path === '/health/ready'
        ? await this.health.readiness()
        : { statusCode: 503, message: 'the service is starting' };
    response.status(503).set('retry-after', '1').json(body);
  };
}
