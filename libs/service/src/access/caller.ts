import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

const callers = new WeakMap<Request, string>();

export function setCaller(request: Request, caller: string): void {
  callers.set(request, caller);
}

/** The caller as the access guard identified it: the id of the token, or the address of a request without one. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<Request>();
  return callers.get(request) ?? request.ip ?? 'unknown';
});
