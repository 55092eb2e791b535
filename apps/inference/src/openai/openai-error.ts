/** An error as OpenAI's clients know it. */
export class OpenAiError extends Error {
  override readonly name = 'OpenAiError';
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error',
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

export function invalid(message: string, param?: string, code?: string): OpenAiError {
  return new OpenAiError(400, 'invalid_request_error', message, { param, code });
}

export function unsupported(param: string, remedy: string): OpenAiError {
  return invalid(`${param} is not supported by this server; ${remedy}`, param, 'unsupported_parameter');
}

export function unknownModel(name: string, known: readonly string[]): OpenAiError {
  const message = `there is no model "${name}"; there is ${known.join(', ')}`;
  return new OpenAiError(404, 'invalid_request_error', message, { param: 'model', code: 'model_not_found' });
}

/** The client's own retries wait as long as the header says. */
export function busy(model: string, inHand: number, most: number): OpenAiError {
  const message = `${inHand} answers of "${model}" are being given or wait, of ${most} at most; try again later`;
  return new OpenAiError(429, 'rate_limit_error', message, {
    code: 'queue_full',
    headers: { 'retry-after': '1' },
  });
}

export function stopping(): OpenAiError {
  return new OpenAiError(503, 'server_error', 'the server is shutting down; try again', {
    code: 'shutting_down',
    headers: { 'retry-after': '1' },
  });
}
