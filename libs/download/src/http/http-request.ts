import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { checkHost, lookupPublic } from './address-guard';
import { ConnectionError, describeUrl, requestError } from './http-errors';
import { HTTP_DEFAULTS, type HttpOptions } from './http-options';

/** The response to one GET, whatever its status. @throws Error that names the URL when it is refused or the host does not respond */
export function request(
  url: URL,
  headers: Record<string, string> | undefined,
  options: HttpOptions,
): Promise<IncomingMessage> {
  const { allowPrivate, responseTimeoutMs, signal } = { ...HTTP_DEFAULTS, ...options };
  return new Promise((resolve, reject) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`${describeUrl(url)}: only http and https are supported.`);
    }
    try {
      if (!allowPrivate) checkHost(url.hostname);
    } catch (error) {
      throw new Error(`${describeUrl(url)}: ${(error as Error).message}`);
    }
    const send = url.protocol === 'https:' ? requestSecure : requestPlain;
    const sent = send(url, {
      // Without a connection pool: a pooled connection may not have passed the address check.
      agent: false,
      signal,
      lookup: allowPrivate ? undefined : lookupPublic,
      headers: { 'user-agent': 'open-chatgpt', 'accept-encoding': 'identity', ...headers },
    });
    const timer = setTimeout(() => {
      sent.destroy(
        new ConnectionError(`${describeUrl(url)}: no response within ${responseTimeoutMs} ms. Try again.`),
      );
    }, responseTimeoutMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    sent.on('error', (error) => reject(requestError(url, error)));
    sent.end();
  });
}
