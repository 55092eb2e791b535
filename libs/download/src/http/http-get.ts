import type { IncomingMessage } from 'node:http';
import { ConnectionError, describeUrl } from './http-errors';
import { HTTP_DEFAULTS, type HttpOptions } from './http-options';
import { follow } from './http-redirects';
import { withTimeLimits } from './time-limits';

/**
 * Streams the bytes at a URL. Each redirect passes the same checks as the first URL.
 * @throws HttpStatusError when the status is not a success; ConnectionError when a retry may succeed; Error otherwise.
 *   Every message begins with the URL without its secrets.
 */
export async function* httpGet(url: URL, options: HttpOptions = {}): AsyncGenerator<Buffer> {
  const limits = { ...HTTP_DEFAULTS, ...options };
  const { maxBytes } = limits;
  const { response, url: last } = await follow(url, options);
  const name = describeUrl(last);
  try {
    const announced = Number(response.headers['content-length']);
    if (announced > maxBytes) throw tooLarge(name, maxBytes);
    let skip = skippedBytes(response, options.offset ?? 0, name);
    let read = 0;
    for await (const chunk of withTimeLimits(response, limits, name)) {
      read += chunk.length;
      if (read > maxBytes) throw tooLarge(name, maxBytes);
      if (chunk.length > skip) yield skip > 0 ? chunk.subarray(skip) : chunk;
      skip = Math.max(0, skip - chunk.length);
    }
    if (announced >= 0 && read !== announced) throw new Error('aborted');
  } catch (error) {
    options.signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && message !== 'aborted') throw error;
    throw new ConnectionError(`${name}: the connection broke off before the end. Try again.`);
  } finally {
    response.destroy();
  }
}

/** How many bytes of the response lie before the offset: all of them where the server ignores the range. */
function skippedBytes(response: IncomingMessage, offset: number, name: string): number {
  if (response.statusCode !== 206) return offset;
  const range = response.headers['content-range'];
  if (range?.startsWith(`bytes ${offset}-`)) return 0;
  throw new Error(`${name}: the server answered with the range "${range}", expected bytes from ${offset}.`);
}

function tooLarge(name: string, maxBytes: number): Error {
  return new Error(
    `${name}: has more than ${maxBytes} bytes. Raise maxBytes if the file is really that large.`,
  );
}
