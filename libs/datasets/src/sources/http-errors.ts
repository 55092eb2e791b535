/** What node says when there is no way to the host. */
const NO_WAY = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** The host cannot be reached from here. */
export class Unreachable extends Error {}

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
  return new Error(`data set ${name}: ${error.message}`);
}
