import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

/** Clients show the header in their errors: an id that the caller gave, or a new one. */
export function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  response.set('x-request-id', given && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID());
  next();
}
