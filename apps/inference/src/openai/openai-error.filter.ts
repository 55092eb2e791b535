import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Logger } from '@open-chatgpt/service';
import type { Response } from 'express';
import { OpenAiError } from './openai-error';

/** Every error in the form that OpenAI's clients read. What went wrong inside stays inside, and in the log. */
@Catch()
export class OpenAiErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const { status, headers, body } = toOpenAiError(error, this.logger);
    if (response.headersSent) {
      response.end();
      return;
    }
    response.status(status).set(headers).send(body);
  }
}

/** @param logger is told of errors that are not the client's */
export function toOpenAiError(error: unknown, logger: Logger): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (error instanceof HttpException) {
    return new OpenAiError(error.getStatus(), 'invalid_request_error', error.message);
  }
  // Express: a body that is no JSON, or too large.
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string };
  if (status && status < 500 && expose)
    return new OpenAiError(status, 'invalid_request_error', String(message));
  logger.error({ err: error }, 'a request failed');
  return new OpenAiError(500, 'server_error', 'the request failed; the log of the server says why');
}
