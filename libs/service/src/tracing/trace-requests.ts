import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { NextFunction, Request, Response } from 'express';

/** Asked every few seconds by machines: nothing to follow. */
const UNTRACED = /^\/(health|metrics)(\/|$)/;

/** Answers under a server span, which continues the caller's trace; what is done meanwhile belongs to it. */
export function traceRequests(request: Request, response: Response, next: NextFunction): void {
  const { method, path, headers } = request;
  if (UNTRACED.test(path)) {
    next();
    return;
  }
  const caller = propagation.extract(context.active(), headers);
  const attributes = { 'http.request.method': method, 'url.path': path };
  const options = { kind: SpanKind.SERVER, attributes };
  trace.getTracer('@open-chatgpt/service').startActiveSpan(`${method} ${path}`, options, caller, (span) => {
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    next();
  });
}
