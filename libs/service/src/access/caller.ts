import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

const callers = new WeakMap<Request, string>();

export function setCaller(request: Request, caller: string): void {
  callers.set(request, caller);
}

/** Who asks, as the access guard found out: the id of the token, or the address where there is none. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<Request>();
  return callers.get(request) ?? request.ip ?? 'unknown';
});
