import { randomUUID } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { LOGGER, serveDocumentation } from '@open-chatgpt/service';
import type { NextFunction, Request, Response } from 'express';
import { acceptApiKey } from '../anthropic/api-key';
import { inferenceApi } from './api';
import { startDeadline } from './deadline';
import { logRequests } from './log-requests';

/** Adds the middleware that runs before every route. */
export function configureInference(app: NestExpressApplication): void {
  app.use(requestId);
  app.use(startDeadline);
  app.use(logRequests(app.get(LOGGER)));
  app.use('/v1/messages', acceptApiKey);
  serveDocumentation(app, inferenceApi);
}

/** OpenAI's clients show this header in their errors: the caller's own id, or a new one. */
function requestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.get('x-request-id');
  response.set('x-request-id', given && /^[\w.-]{1,128}$/.test(given) ? given : randomUUID());
  next();
}
