import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import type { Request, Response } from 'express';
import type { OpenAiError } from '../openai/openai-error';
import { toOpenAiError } from '../openai/openai-error.filter';

/** https://docs.anthropic.com/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** An error in the form that Anthropic's clients read. */
export function anthropicError({ status, message }: OpenAiError): object {
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message } };
}

/** Sends every error of Anthropic's endpoints in its form. */
@Catch()
export class AnthropicErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { method, path } = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const described = toOpenAiError(error, this.logger, { method, path });
    if (response.headersSent) response.end();
    else response.status(described.status).set(described.headers).send(anthropicError(described));
  }
}
