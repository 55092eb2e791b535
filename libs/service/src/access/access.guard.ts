import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  UnauthorizedException,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { AccessLog } from './access-log';
import { type AccessMode, isLoopback } from './access-mode';
import type { Authenticator } from './authenticator';
import { setCaller } from './caller';
import { isForeign } from './is-foreign';
import type { OpenResponses } from './open-responses';
import type { RateLimiter } from './rate-limiter';
import { ACCESS } from './require-scope';
import type { Scope } from './scopes';
import type { TokenRecord } from './token-file';

export interface AccessOptions {
  mode: AccessMode;
  /** Set in the mode `tokens`. */
  authenticator?: Authenticator;
  limiter: RateLimiter;
  log: AccessLog;
  open: OpenResponses;
  /** Their pages may send requests without a token, where programs may. */
  trustedOrigins: readonly string[];
}

/** Authenticates a request, applies the caller's rate limit, and checks the scopes of its token, also while it is answered. */
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
    if (mode === 'loopback') return this.isLocal(request);
    if (mode === 'anonymous') {
      // A page of another site can read no response, but some requests without a body need no permission of the service.
      if (!['GET', 'HEAD'].includes(request.method)) this.refuseForeign(request);
      return this.isWithinLimit(request, response, request.ip ?? 'unknown');
    }
    return this.holdsScope(request, response, needed);
  }

  /** A name that an attacker directs to this machine (DNS rebinding) is not one of its loopback addresses. */
  private isLocal(request: Request): boolean {
    this.refuseForeign(request);
    if (isLoopback(request.hostname ?? '')) return true;
    this.options.log.refused(request, 'foreign');
    throw new ForbiddenException(
      'without tokens the API accepts only requests of programs on this machine, sent to a loopback address',
    );
  }

  private refuseForeign(request: Request): void {
    if (!isForeign(request) || this.options.trustedOrigins.includes(request.headers.origin ?? '')) return;
    this.options.log.refused(request, 'foreign');
    throw new ForbiddenException('without tokens the API accepts no requests of pages of other sites');
  }

  private holdsScope(request: Request, response: Response, needed: Scope | undefined): boolean {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const record = token === undefined ? null : this.options.authenticator?.authenticate(token);
    // Requests with an invalid token count for their address.
    this.isWithinLimit(request, response, record?.id ?? request.ip ?? 'unknown');
    if (!record) {
      this.options.log.refused(request, 'unauthenticated');
      const error = token === undefined ? '' : ', error="invalid_token"';
      response.setHeader('www-authenticate', `Bearer realm="open-chatgpt"${error}`);
      throw new UnauthorizedException(
        token === undefined
          ? 'send a token: Authorization: Bearer <token>; create one with openchat token create'
          : 'the token is unknown, revoked or expired; create another one with openchat token create',
      );
    }
    if (needed && grants(record, needed)) {
      this.options.log.accepted(request, needed, record.id);
      this.options.open.watch(response, () => this.stillGrants(token, needed));
      return true;
    }
    this.options.log.refused(request, 'scope', record.id);
    const scope = needed ?? 'admin';
    response.setHeader(
      'www-authenticate',
      `Bearer realm="open-chatgpt", error="insufficient_scope", scope="${scope}"`,
    );
    throw new ForbiddenException(
      `this needs the scope "${scope}"; the token "${record.name}" has: ${record.scopes.join(', ')}`,
    );
  }

  private stillGrants(token: string | undefined, needed: Scope): boolean {
    const record = token === undefined ? null : this.options.authenticator?.authenticate(token);
    return record ? grants(record, needed) : false;
  }

  private isWithinLimit(request: Request, response: Response, caller: string): boolean {
    setCaller(request, caller);
    const seconds = this.options.limiter.take(caller);
    if (seconds === 0) return true;
    this.options.log.refused(request, 'rate', caller);
    response.setHeader('retry-after', String(seconds));
    throw new HttpException(`too many requests; retry after ${seconds} s`, 429);
  }
}

const grants = ({ scopes }: TokenRecord, needed: Scope): boolean =>
  scopes.includes(needed) || scopes.includes('admin');
