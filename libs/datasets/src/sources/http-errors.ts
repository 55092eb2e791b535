/** What node says when there is no way to the host. */
const NO_WAY = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** The way to a source failed, or broke off: nothing is wrong with the source that is known, and another try may succeed. */
export class SourceUnavailable extends Error {}

/** The host cannot be reached from here. */
export class Unreachable extends SourceUnavailable {}

/** A URL for messages: without user, password and query, where secrets are. */
export function describeUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** The failed request's error, named and with what to do. */
export function unreachable(url: URL, error: NodeJS.ErrnoException): Error {
  const name = describeUrl(url);
  if (error.message.startsWith('data set ')) return error;
  // Of several addresses that were tried, each has its own error.
  const code =
    error.code ?? (error instanceof AggregateError ? (error.errors[0]?.code as string) : undefined);
  if (code !== undefined && NO_WAY.has(code)) {
    return new Unreachable(
      `data set ${name}: ${url.host} cannot be reached (${code}). Check the address and this machine's connection; ` +
        'without one, bring the file here and name its path instead.',
    );
  }
  const Kind = code === 'ECONNRESET' || code === 'EPIPE' ? SourceUnavailable : Error;
  return new Kind(`data set ${name}: ${error.message}`);
}
