import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@open-chatgpt/service';
import { StorageFailure, StorageUnavailableError } from '@open-chatgpt/storage';
import type { Request, Response } from 'express';
import { DamagedDocument } from '../documents/damaged-document';
import { type FieldError, InvalidRequest } from './validation';

interface Problem {
  status: number;
  title: string;
  detail: string;
  errors?: FieldError[];
}

/** Sends every error as `application/problem+json` (RFC 9457). Details of internal errors go to the log only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { method, path } = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = describe(error);
    if (problem.status >= 500) this.logger.error({ err: error, method, path }, 'The request has failed');
    // A stream has sent its status already and can only be closed.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (problem.status === 503 && !response.hasHeader('retry-after')) response.setHeader('retry-after', '5');
    response
      .status(problem.status)
      .type('application/problem+json')
      .send({ type: 'about:blank', ...problem });
  }
}

function describe(error: unknown): Problem {
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const errors = error instanceof InvalidRequest ? error.errors : undefined;
    return { status, title: titleOf(status), detail: error.message, errors };
  }
  if (error instanceof StorageFailure) {
    const problem = error instanceof StorageUnavailableError ? 'does not answer' : 'is full or denies access';
    return { status: 503, title: titleOf(503), detail: `the object store ${problem}; try again later` };
  }
  if (error instanceof DamagedDocument) return { status: 500, title: titleOf(500), detail: error.message };
  const status = statusOfExpress(error);
  if (status !== undefined) return { status, title: titleOf(status), detail: (error as Error).message };
  return { status: 500, title: titleOf(500), detail: 'the request failed; the log of the gateway says why' };
}

/** The status of an error that Express throws for an invalid request; its message is meant for the client. */
function statusOfExpress(error: unknown): number | undefined {
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 && expose !== false ? status : undefined;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
