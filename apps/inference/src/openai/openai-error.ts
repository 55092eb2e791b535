/** An error in the form that OpenAI's clients read. */
export class OpenAiError extends Error {
  override readonly name = 'OpenAiError';
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly type: 'invalid_request_error' | 'rate_limit_error' | 'timeout_error' | 'server_error',
    message: string,
    more: { param?: string; code?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.param = more.param ?? null;
    this.code = more.code ?? null;
    this.headers = more.headers ?? {};
  }

  get body() {
    const { message, type, param, code } = this;
    return { error: { message, type, param, code } };
  }
}

export function invalidRequest(message: string, param?: string, code?: string): OpenAiError {
  return new OpenAiError(400, 'invalid_request_error', message, { param, code });
}

/** @param field that has the text */
export function contextExceeded(field: string, message: string): OpenAiError {
  return invalidRequest(`${field}: ${message}`, field, 'context_length_exceeded');
}

export function unsupportedParameter(param: string, remedy: string): OpenAiError {
  return invalidRequest(
    `${param} is not supported by this server; ${remedy}`,
    param,
    'unsupported_parameter',
  );
}

export function unknownModel(name: string, known: readonly string[]): OpenAiError {
  const message = `the model "${name}" does not exist; this server has ${known.join(', ')}`;
  return new OpenAiError(404, 'invalid_request_error', message, { param: 'model', code: 'model_not_found' });
}

/** OpenAI's clients retry after the time in the header. */
export function queueFull(model: string, active: number, limit: number): OpenAiError {
  const message = `the queue of "${model}" is full: ${active} completions run or wait, the limit is ${limit}; try again later`;
  return new OpenAiError(429, 'rate_limit_error', message, {
    code: 'queue_full',
    headers: { 'retry-after': '1' },
  });
}

export function shuttingDown(): OpenAiError {
  return new OpenAiError(503, 'server_error', 'the server is shutting down; try again', {
    code: 'shutting_down',
    headers: { 'retry-after': '1' },
  });
}
