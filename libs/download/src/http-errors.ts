/** What node says when there is no way to the host. */
const NO_WAY = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** The way to a file failed, or broke off: nothing is wrong with the file that is known, and another try may succeed. */
export class ConnectionFailed extends Error {}

/** The host cannot be reached from here; `code` is node's. */
export class Unreachable extends ConnectionFailed {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

/** The server's answer, when it is one that helps nobody: `status` is for those who know more about it. */
export class HttpFailure extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** A URL for messages: without user, password and query, where secrets are. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** The failed request's error, named and with what to do. */
export function requestError(url: URL, error: NodeJS.ErrnoException): Error {
  // Ours, which waited long enough.
  if (error instanceof ConnectionFailed) return error;
  const name = describeUrl(url);
  // Of several addresses that were tried, each has its own error.
  const code =
    error.code ?? (error instanceof AggregateError ? (error.errors[0]?.code as string) : undefined);
  if (code !== undefined && NO_WAY.has(code)) {
    return new Unreachable(
      `${name}: ${url.host} cannot be reached (${code}). Check the address and this machine's connection; ` +
        'without one, bring the file here and name its path instead.',
      code,
    );
  }
  const Kind = code === 'ECONNRESET' || code === 'EPIPE' ? ConnectionFailed : Error;
  return new Kind(`${name}: ${error.message}`);
}
