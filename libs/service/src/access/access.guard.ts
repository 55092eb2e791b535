import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  UnauthorizedException,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { Counter } from 'prom-client';
import { type AccessMode, isLoopback } from './access-mode';
import type { Authenticator } from './authenticator';
import { setCaller } from './caller';
import type { RateLimiter } from './rate-limiter';
import { ACCESS } from './require-scope';
import type { Scope } from './scopes';

export interface AccessOptions {
  mode: AccessMode;
  /** In the mode `tokens`. */
  authenticator?: Authenticator;
  limiter: RateLimiter;
  refused: Counter<'reason'>;
}

/** Lets a request in: first how often its caller may ask, then who that is, then whether the token's scopes suffice. */
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly options: AccessOptions,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const needed = this.reflector.getAllAndOverride<Scope | 'public' | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const { mode } = this.options;
    if (mode === 'loopback') return this.isOwnMachine(request);
    if (mode === 'anonymous') return this.mayAsk(request, response, request.ip ?? 'unknown');
    return this.holdsScope(request, response, needed);
  }

  /** No page of another site may use the browser of somebody who runs a platform without tokens. */
  private isOwnMachine(request: Request): boolean {
    const site = request.headers['sec-fetch-site'];
    const known = isLoopback(request.hostname ?? '');
    if (known && (site === undefined || site === 'same-origin' || site === 'none')) return true;
    this.options.refused.inc({ reason: 'foreign' });
    throw new ForbiddenException(
      'without tokens the API takes requests of programs on this machine only, addressed to a loopback address',
    );
  }

  private holdsScope(request: Request, response: Response, needed: Scope | undefined): boolean {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const record = token === undefined ? null : this.options.authenticator?.authenticate(token);
    // Wrong tokens count for the address that they come from.
    this.mayAsk(request, response, record?.id ?? request.ip ?? 'unknown');
    if (!record) {
      this.options.refused.inc({ reason: 'unauthenticated' });
      const error = token === undefined ? '' : ', error="invalid_token"';
      response.setHeader('www-authenticate', `Bearer realm="open-chatgpt"${error}`);
      throw new UnauthorizedException(
        token === undefined
          ? 'send a token: Authorization: Bearer <token>; openchat token create makes one'
          : 'the token is unknown, was revoked or has expired; openchat token create makes another',
      );
    }
    if (needed && (record.scopes.includes(needed) || record.scopes.includes('admin'))) return true;
    this.options.refused.inc({ reason: 'scope' });
    const scope = needed ?? 'admin';
    response.setHeader(
      'www-authenticate',
      `Bearer realm="open-chatgpt", error="insufficient_scope", scope="${scope}"`,
    );
    throw new ForbiddenException(
      `this needs the scope "${scope}"; the token "${record.name}" has: ${record.scopes.join(', ')}`,
    );
  }

  private mayAsk(request: Request, response: Response, caller: string): boolean {
    setCaller(request, caller);
    const seconds = this.options.limiter.take(caller);
    if (seconds === 0) return true;
    this.options.refused.inc({ reason: 'rate' });
    response.setHeader('retry-after', String(seconds));
    throw new HttpException(`too many requests; the next one is taken in ${seconds} s`, 429);
  }
}
