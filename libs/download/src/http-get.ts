import type { IncomingMessage } from 'node:http';
import { ConnectionFailed, describeUrl } from './http-errors';
import { HTTP_DEFAULTS, type HttpOptions } from './http-options';
import { follow } from './http-redirects';

/**
 * The bytes at a URL, streamed. Each redirect is checked as the first URL was.
 * @throws HttpFailure for an answer that is no success; ConnectionFailed where another try may succeed; Error for anything else. All
 *   begin with the URL, without its secrets
 */
export async function* httpGet(url: URL, options: HttpOptions = {}): AsyncGenerator<Buffer> {
  const { maxBytes, idleTimeoutMs } = { ...HTTP_DEFAULTS, ...options };
  const { response, url: last } = await follow(url, options);
  const name = describeUrl(last);
  try {
    const announced = Number(response.headers['content-length']);
    if (announced > maxBytes) throw tooLarge(name, maxBytes);
    let read = 0;
    for await (const chunk of withoutPauses(response, idleTimeoutMs, name)) {
      read += chunk.length;
      if (read > maxBytes) throw tooLarge(name, maxBytes);
      yield chunk;
    }
    if (announced >= 0 && read !== announced) throw new Error('aborted');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ECONNRESET' && message !== 'aborted') throw error;
    throw new ConnectionFailed(`${name}: the connection broke off before the end. Try again.`);
  } finally {
    response.destroy();
  }
}

/** The timer runs only while bytes are awaited: a reader that takes its time is not the server's fault. */
async function* withoutPauses(
  response: IncomingMessage,
  longestMs: number,
  name: string,
): AsyncGenerator<Buffer> {
  const iterator: AsyncIterator<Buffer> = response[Symbol.asyncIterator]();
  for (;;) {
    const timer = setTimeout(() => {
      response.destroy(new ConnectionFailed(`${name}: no byte came for ${longestMs} ms. Try again.`));
    }, longestMs);
    const next = await iterator.next().finally(() => clearTimeout(timer));
    if (next.done) return;
    yield next.value;
  }
}

function tooLarge(name: string, maxBytes: number): Error {
  return new Error(`${name}: has more than ${maxBytes} bytes. If that is right, raise maxBytes.`);
}
