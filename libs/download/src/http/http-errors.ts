/** Error codes of Node that mean that the host cannot be reached. */
const UNREACHABLE_CODES = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** The connection failed or broke off. The file itself may be fine, so a retry may succeed. */
export class ConnectionError extends Error {}

/** This machine cannot reach the host. */
export class HostUnreachableError extends ConnectionError {
  constructor(
    message: string,
    /** Node's error code, such as ECONNREFUSED. */
    readonly code: string,
  ) {
    super(message);
  }
}

/** The server answered with a status that is neither success nor a redirect. */
export class HttpStatusError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** A URL for messages: without user, password and query, which may hold secrets. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** The error of a failed request with its URL and the remedy. */
export function requestError(url: URL, error: NodeJS.ErrnoException): Error {
  // The response timeout destroys the request with this error.
  if (error instanceof ConnectionError) return error;
  const name = describeUrl(url);
  // Node tries several addresses and reports an error for each.
  const code =
    error.code ?? (error instanceof AggregateError ? (error.errors[0]?.code as string) : undefined);
  if (code !== undefined && UNREACHABLE_CODES.has(code)) {
    return new HostUnreachableError(
      `${name}: ${url.host} cannot be reached (${code}). Check the address and the connection of this machine. ` +
        'Without a connection, copy the file to this machine and use its path instead.',
      code,
    );
  }
  const ErrorClass = code === 'ECONNRESET' || code === 'EPIPE' ? ConnectionError : Error;
  return new ErrorClass(`${name}: ${error.message}`);
}
