import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { checkHost, lookupPublic } from './address-guard';
import { describeUrl, SourceUnavailable, unreachable } from './http-errors';

export interface HttpOptions {
  /** Also from addresses of this machine and its network. Off: anyone who may name a URL could read them. */
  allowPrivate?: boolean;
  /** Until the answer begins. */
  responseTimeoutMs?: number;
  /** Between two pieces of it. */
  idleTimeoutMs?: number;
  /** Of one file, as it is sent. */
  maxBytes?: number;
  /** Sent to the first host only, not to where it redirects. */
  headers?: Record<string, string>;
}

export const HTTP_DEFAULTS = {
  allowPrivate: false,
  responseTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxBytes: 256 * 2 ** 30,
};

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The server's answer, when it is one that helps nobody: `status` is for those who know more about it. */
export class HttpFailure extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * The bytes at a URL, streamed. Each redirect is checked as the first URL was.
 * @throws HttpFailure for an answer that is no success; Error naming the URL (without its secrets) for anything else
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
    throw new SourceUnavailable(`data set ${name}: the connection broke off before the end. Try again.`);
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
      response.destroy(
        new SourceUnavailable(`data set ${name}: no byte came for ${longestMs} ms. Try again.`),
      );
    }, longestMs);
    const next = await iterator.next().finally(() => clearTimeout(timer));
    if (next.done) return;
    yield next.value;
  }
}

async function follow(first: URL, options: HttpOptions): Promise<{ response: IncomingMessage; url: URL }> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = url.origin === first.origin ? options.headers : undefined;
    const response = await ask(url, headers, options);
    const { statusCode: status = 0 } = response;
    if (status === 200) return { response, url };
    response.destroy();
    const { location } = response.headers;
    if (!REDIRECTS.has(status) || location === undefined) {
      throw new HttpFailure(
        `data set ${describeUrl(url)}: the server answered ${status} ${response.statusMessage}.`,
        status,
      );
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (!next) throw new Error(`data set ${describeUrl(url)}: redirects to something that is no URL.`);
    if (url.protocol === 'https:' && next.protocol !== 'https:') {
      throw new Error(
        `data set ${describeUrl(url)}: redirects from https to ${next.protocol}//; not followed.`,
      );
    }
    url = next;
  }
  throw new Error(`data set ${describeUrl(first)}: more than ${MAX_REDIRECTS} redirects.`);
}

function ask(
  url: URL,
  headers: Record<string, string> | undefined,
  options: HttpOptions,
): Promise<IncomingMessage> {
  const { allowPrivate, responseTimeoutMs } = { ...HTTP_DEFAULTS, ...options };
  return new Promise((resolve, reject) => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`data set ${describeUrl(url)}: only http and https are fetched.`);
    }
    try {
      if (!allowPrivate) checkHost(url.hostname);
    } catch (error) {
      throw new Error(`data set ${describeUrl(url)}: ${(error as Error).message}`);
    }
    const request = url.protocol === 'https:' ? requestSecure : requestPlain;
    const sent = request(url, {
      // Not from a pool: a connection that was made for another purpose was not checked.
      agent: false,
      lookup: allowPrivate ? undefined : lookupPublic,
      headers: { 'user-agent': 'open-chatgpt', 'accept-encoding': 'identity', ...headers },
    });
    const timer = setTimeout(() => {
      sent.destroy(
        new SourceUnavailable(
          `data set ${describeUrl(url)}: no answer within ${responseTimeoutMs} ms. Try again.`,
        ),
      );
    }, responseTimeoutMs);
    sent.on('close', () => clearTimeout(timer));
    sent.on('response', (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    sent.on('error', (error) => reject(unreachable(url, error)));
    sent.end();
  });
}

function tooLarge(name: string, maxBytes: number): Error {
  return new Error(`data set ${name}: has more than ${maxBytes} bytes. If that is right, raise maxBytes.`);
}
