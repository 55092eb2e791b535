import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@open-chatgpt/service';
import type { Response } from 'express';
import { ZodError } from 'zod';

/** Every error as `application/problem+json` (RFC 9457). What went wrong inside stays inside, and in the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const { status, title, detail } = describe(error);
    if (status >= 500) this.logger.error({ error }, 'request failed');
    response
      .status(status)
      .type('application/problem+json')
      .send({ type: 'about:blank', status, title, detail });
  }
}

function describe(error: unknown): { status: number; title: string; detail: string } {
  if (error instanceof ZodError) {
    const detail = error.issues
      .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
      .join('; ');
    return { status: 400, title: 'Bad Request', detail };
  }
  if (error instanceof HttpException) {
    const title = error.name.replace(/Exception$/, '').replace(/([a-z])([A-Z])/g, '$1 $2');
    return { status: error.getStatus(), title, detail: error.message };
  }
  return {
    status: 500,
    title: 'Internal Server Error',
    detail: 'the request failed; the log of the gateway says why',
  };
}
