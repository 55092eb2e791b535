import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { GrammarError } from '@open-chatgpt/grammar';
import type { Logger } from '@open-chatgpt/service';
import { TextTooLong } from '@open-chatgpt/tokenizer';
import type { Request, Response } from 'express';
import { invalidRequest, OpenAiError } from './openai-error';

/** Sends every error in the form that OpenAI's clients read. Details of internal errors go to the log only. */
@Catch()
export class OpenAiErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { method, path } = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const { status, headers, body } = toOpenAiError(error, this.logger, { method, path });
    if (response.headersSent) {
      response.end();
      return;
    }
    response.status(status).set(headers).send(body);
  }
}

/** OpenAI's codes for errors of the access guard and the router. */
const CODES: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  403: 'insufficient_permissions',
  404: 'unknown_url',
  429: 'rate_limit_exceeded',
};

/**
 * @param logger logs errors that the client did not cause
 * @param facts that name the request in the log
 */
export function toOpenAiError(error: unknown, logger: Logger, facts: object): OpenAiError {
  if (error instanceof OpenAiError) return error;
  if (error instanceof TextTooLong)
    return invalidRequest(error.message, undefined, 'context_length_exceeded');
  // A grammar whose work exceeds the limit shows it only while it is used.
  if (error instanceof GrammarError) return invalidRequest(error.message);
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return new OpenAiError(status, typeOf(status), error.message, { code: CODES[status] });
  }
  // From Express: a path that cannot be decoded.
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string };
  if (status && status < 500 && expose)
    return new OpenAiError(status, 'invalid_request_error', String(message));
  logger.error({ err: error, ...facts }, 'The request has failed');
  return new OpenAiError(500, 'server_error', 'the request failed; the log of the server says why');
}

function typeOf(status: number): OpenAiError['type'] {
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
