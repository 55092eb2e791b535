import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { NextFunction, Request, Response } from 'express';

/** Probes and scrapes are frequent and not traced. */
const UNTRACED = /^\/(health|metrics)(\/|$)/;

/** Handles a request in a server span that continues the caller's trace. */
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
