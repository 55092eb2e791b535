import { createHash } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Access, KubeConnection } from './connection';
import { errorFromNetwork, KubeError } from './kube-error';

export interface Request {
  /** Names the call in errors, as in `get jobs/train`. */
  call: string;
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
  /**
   * For `send` the whole call; for `open` until the status has arrived. Asked in the same turn of the event loop in which
   * the request starts; it may throw to refuse the request.
   */
  timeoutMs: () => number;
}

export interface Answer {
  status: number;
  retryAfter?: string;
  body: string;
}

/** An exec plugin may ask a server of its own. */
const CREDENTIALS_TIMEOUT_MS = 30_000;
/** Credentials are read again after this time, and as soon as the server refuses them. */
const CREDENTIALS_LIVE_MS = 10_000;
/** Below the time after which API servers and load balancers close an idle connection, so that we close it first. */
const IDLE_MS = 30_000;
const TCP_KEEPALIVE_MS = 15_000;

/** HTTP to one API server: connections that stay open, credentials that rotate, a timeout for each call. */
export class Transport {
  readonly #connection: KubeConnection;
  readonly #maxSockets: number;
  #access?: { value: Promise<Access>; readAt: number };
  #agents?: { fingerprint: string; calls: http.Agent; watches: http.Agent };

  constructor(connection: KubeConnection, maxSockets: number) {
    this.#connection = connection;
    this.#maxSockets = maxSockets;
  }

  /** Sends a request and reads the answer. */
  async send(request: Request): Promise<Answer> {
    return this.#exchange(request, false, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      if (!response.complete) throw new Error('the connection ended within the answer');
      return answer(response, Buffer.concat(chunks).toString('utf8'));
    });
  }

  /** Sends a request and returns the stream of the answer, on a connection of its own, once it has status 2xx. */
  async open(request: Request): Promise<Answer | http.IncomingMessage> {
    return this.#exchange(request, true, async (response) => {
      if (isOk(response.statusCode)) return response;
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      return answer(response, Buffer.concat(chunks).toString('utf8'));
    });
  }

  /** Reads the credentials again before the next request. */
  forgetCredentials(): void {
    this.#access = undefined;
  }

  close(): void {
    this.#agents?.calls.destroy();
    this.#agents?.watches.destroy();
  }

  async #exchange<R>(
    { call, method, path, headers, body, signal, timeoutMs: limit }: Request,
    streamed: boolean,
    read: (response: http.IncomingMessage) => Promise<R>,
  ): Promise<R> {
    if (signal?.aborted) throw aborted(call);
    const access = await this.#credentials(call);
    if (signal?.aborted) throw aborted(call);
    const agents = this.#agentsFor(access);
    const { server } = this.#connection;
    const timeoutMs = limit();
    return new Promise<R>((resolve, reject) => {
      const request = (server.protocol === 'http:' ? http : https).request({
        protocol: server.protocol,
        hostname: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port,
        path: `${server.pathname.replace(/\/$/, '')}${path}`,
        method,
        agent: streamed ? agents.watches : agents.calls,
        headers: {
          ...headers,
          ...access.headers,
          ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
        },
      });
      // Destroying a request whose answer has begun ends the answer with an error of its own.
      let reason: KubeError | undefined;
      const end = (error: KubeError) => {
        reason = error;
        request.destroy(error);
      };
      const timer = setTimeout(
        () =>
          end(
            new KubeError({
              status: 0,
              reason: 'Timeout',
              message: `${call}: no answer from the API server within ${Math.round(timeoutMs)} ms`,
            }),
          ),
        timeoutMs,
      );
      const abort = () => end(aborted(call));
      signal?.addEventListener('abort', abort, { once: true });
      // A stream stays abortable until it ends.
      request.once('close', () => signal?.removeEventListener('abort', abort));
      const fail = (error: unknown) => {
        clearTimeout(timer);
        reject(reason ?? errorFromNetwork(error, call));
      };
      request.on('error', fail);
      request.on('socket', (socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS));
      request.once('response', (response) => {
        read(response).then((result) => {
          clearTimeout(timer);
          resolve(result);
        }, fail);
      });
      request.end(body);
    });
  }

  async #credentials(call: string): Promise<Access> {
    if (!this.#access || performance.now() - this.#access.readAt > CREDENTIALS_LIVE_MS)
      this.#access = { value: this.#connection.access(), readAt: performance.now() };
    const current = this.#access;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const late = new Error(`nothing came within ${CREDENTIALS_TIMEOUT_MS} ms`);
      timer = setTimeout(() => reject(late), CREDENTIALS_TIMEOUT_MS);
    });
    try {
      return await Promise.race([current.value, timeout]);
    } catch (error) {
      if (this.#access === current) this.#access = undefined;
      // Nothing was sent, and what is missing may come back: a file that is being replaced, a plugin that failed.
      throw new KubeError({
        status: 0,
        reason: 'Unavailable',
        message: `${call}: cannot read the credentials: ${(error as Error).message}`,
        notExecuted: true,
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** New certificates need new connections; those in use end by themselves. */
  #agentsFor({ tls, proxyAgent }: Access): { calls: http.Agent; watches: http.Agent } {
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([tls.ca, tls.cert, tls.key, tls.servername, tls.rejectUnauthorized]))
      .digest('hex');
    if (this.#agents?.fingerprint === fingerprint) return this.#agents;
    for (const sockets of Object.values(this.#agents?.calls.freeSockets ?? {}))
      for (const socket of sockets ?? []) socket.destroy();
    const { Agent } = this.#connection.server.protocol === 'http:' ? http : https;
    const options = {
      ...tls,
      keepAlive: true,
      maxSockets: this.#maxSockets,
      timeout: IDLE_MS,
      scheduling: 'lifo' as const,
    };
    this.#agents = {
      fingerprint,
      calls: proxyAgent ?? new Agent(options),
      watches: proxyAgent ?? new Agent({ ...tls, keepAlive: false }),
    };
    return this.#agents;
  }
}

export const isOk = (status = 0): boolean => status >= 200 && status < 300;

function answer(response: http.IncomingMessage, body: string): Answer {
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body };
}

function aborted(call: string): KubeError {
  return new KubeError({ status: 0, reason: 'Aborted', message: `${call}: aborted` });
}
