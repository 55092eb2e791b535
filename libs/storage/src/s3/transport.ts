import * as http from 'node:http';
import * as https from 'node:https';
import { TransientHttpError } from './s3-errors';

const TRANSIENT_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const LONGEST_DETAIL = 300;

/** Reads an error's body to its end, so that its connection is free again, and keeps the start of it. */
async function readDetail(response: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) if (text.length < LONGEST_DETAIL) text += chunk;
  const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  return (message ?? text).slice(0, LONGEST_DETAIL);
}

/**
 * What the S3 client sends its requests by: Node's own, with two things that the client lacks. A connection on which
 * nothing moves for `idleMs` is an error, and so is an answer that says "not now" (the client would log it to the
 * console, lose its status, and keep its connection).
 */
export function createTransport(secure: boolean, idleMs: number): Pick<typeof http, 'request'> {
  const { request } = secure ? https : http;
  const send = (options: http.RequestOptions, callback: (response: http.IncomingMessage) => void) => {
    const sent = request(options, (response) => {
      const status = response.statusCode ?? 0;
      if (!TRANSIENT_STATUS.has(status)) return callback(response);
      readDetail(response)
        .catch(() => '')
        .then((detail) => sent.emit('error', new TransientHttpError(status, detail)));
    });
    const late = () =>
      sent.destroy(Object.assign(new Error(`nothing moved for ${idleMs} ms`), { code: 'ETIMEDOUT' }));
    return sent.setTimeout(idleMs, late);
  };
  return { request: send as typeof http.request };
}

/** Connections that are kept and used again. */
export function createAgent(secure: boolean): http.Agent {
  return secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
}
