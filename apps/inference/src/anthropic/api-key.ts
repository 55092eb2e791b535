import type { NextFunction, Request, Response } from 'express';

/** Anthropic's clients send the token in another header, `x-api-key`. */
export function acceptApiKey(request: Request, _response: Response, next: NextFunction): void {
  const key = request.get('x-api-key');
  if (key !== undefined) request.headers.authorization ??= `Bearer ${key}`;
  next();
}
