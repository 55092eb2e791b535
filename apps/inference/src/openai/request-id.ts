import { randomUUID } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

/** Adds to the application what comes before any route. */
export function prepareInference(app: NestExpressApplication): void {
  app.use(requestId);
}

/** Clients show the header in their errors: an id that the caller gave, or a new one. */
function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  response.set('x-request-id', given && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID());
  next();
}
