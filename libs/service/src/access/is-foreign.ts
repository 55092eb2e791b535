import type { IncomingMessage } from 'node:http';

/**
 * Whether a page of another site sends a request through the browser of a user. Browsers say so in Sec-Fetch-Site; older ones, and
 * all of them where the service has no HTTPS, send only Origin.
 */
export function isForeign({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host = '' } = headers;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host.toLowerCase();
}
