import { finished } from 'node:stream';
import {
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  RequestTimeoutException,
  ServiceUnavailableException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { Counter } from 'prom-client';
import { ACCESS } from '../access/require-scope';
import type { ServiceConfig } from '../config/service-config';
import type { BodyBudget } from './body-budget';
import { hasBody, readJson, tooLarge } from './read-json';

/**
 * Reads the body of a request after the access guard has accepted its head, so a body without a valid token takes neither memory
 * nor time. Public routes have no body. A body that nothing reads is discarded by Node as it arrives.
 */
export class JsonBodyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly config: Pick<ServiceConfig, 'maxBodyBytes' | 'bodySeconds'>,
    private readonly budget: BodyBudget,
    private readonly refused: Counter<'reason'>,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<ReturnType<CallHandler['handle']>> {
    if (context.getType() === 'http' && !this.isPublic(context)) {
      const http = context.switchToHttp();
      const request = http.getRequest<Request>();
      if (hasBody(request)) request.body = await this.read(request, http.getResponse<Response>());
    }
    return next.handle();
  }

  private isPublic(context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride(ACCESS, [context.getHandler(), context.getClass()]) === 'public';
  }

  private async read(request: Request, response: Response): Promise<unknown> {
    const type = request.headers['content-type'] ?? 'none';
    if (!/^application\/json *(; *charset="?utf-8"? *)?$/i.test(type))
      throw new UnsupportedMediaTypeException(`expected content-type: application/json; found ${type}`);
    const { maxBodyBytes, bodySeconds } = this.config;
    const length = Number(request.headers['content-length'] ?? maxBodyBytes);
    if (length > maxBodyBytes) throw tooLarge(maxBodyBytes);
    const isCompressed = request.headers['content-encoding'] !== undefined;
    const release = this.budget.take(isCompressed ? maxBodyBytes : length);
    if (!release) {
      this.refused.inc({ reason: 'bodies' });
      response.setHeader('retry-after', '1');
      throw new ServiceUnavailableException(
        'the service holds as many request bodies as it may; retry after 1 s',
      );
    }
    // What was parsed lives as long as the request.
    finished(response, release);
    try {
      return await readJson(request, maxBodyBytes, bodySeconds);
    } catch (error) {
      // The rest of a body that comes too slowly is not waited for.
      if (error instanceof RequestTimeoutException) response.setHeader('connection', 'close');
      throw error;
    }
  }
}
