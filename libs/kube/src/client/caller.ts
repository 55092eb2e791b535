import type { IncomingMessage } from 'node:http';
import { backoffDelay, sleep } from '../backoff';
import { type KubeLogger, silentLogger } from '../logger';
import type { ResourceType } from '../object';
import type { KubeConnection } from './connection';
import { type Fence, NotLeaderError } from './fence';
import { errorFromAnswer, KubeError } from './kube-error';
import type { ClientMetrics, Verb } from './metrics';
import { RateLimiter } from './rate-limiter';
import { type Answer, isOk, type Request, Transport } from './transport';

export interface KubeClientOptions {
  connection: KubeConnection;
  /** What the audit log of the API server shows. */
  userAgent?: string;
  /** Calls a second on average. Default 50. */
  qps?: number;
  /** Calls at once after a pause. Default 100. */
  burst?: number;
  /** Calls under way at the same time, watches apart. Default 32. */
  maxConcurrent?: number;
  /** Limit of one request. Default 30 s. */
  timeoutMs?: number;
  /** How often a call is repeated where that is safe. Default 4. */
  retries?: number;
  metrics?: ClientMetrics;
  logger?: KubeLogger;
}

export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  retries?: number;
  /** Does not wait for the rate limiter: a lease must be renewed in time. */
  urgent?: boolean;
}

/** What to send, and what may be done when it fails. */
export interface Call extends CallOptions {
  verb: Verb;
  type: ResourceType;
  subresource?: string;
  method: string;
  path: string;
  /** The object in messages. */
  about: string;
  contentType?: string;
  body?: unknown;
  /** Carrying it out twice has the same effect as once. */
  repeatable: boolean;
}

const RETRY_BACKOFF = { baseMs: 200, maxMs: 5_000 };
const LONGEST_RETRY_AFTER_MS = 15_000;

/** Makes calls to the API server: within the limits, with the fence, repeated where that is safe, counted. */
export class Caller {
  readonly #options: KubeClientOptions;
  readonly #logger: KubeLogger;
  readonly #transport: Transport;
  readonly #limiter: RateLimiter;
  readonly #fence?: Fence;

  /** @param shared only `fenced` passes it: whose connections and limits this one uses */
  constructor(options: KubeClientOptions, shared?: { caller: Caller; fence: Fence }) {
    const { qps = 50, burst = 100, maxConcurrent = 32, connection, logger = silentLogger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#fence = shared?.fence;
    this.#transport = shared ? shared.caller.#transport : new Transport(connection, maxConcurrent);
    this.#limiter = shared ? shared.caller.#limiter : new RateLimiter(qps, burst, maxConcurrent);
  }

  /** The same, for a process whose writes end with its lease. */
  fenced(fence: Fence): Caller {
    return new Caller(this.#options, { caller: this, fence });
  }

  /** The object that the server answers. */
  async json<R>(call: Call): Promise<R> {
    const { signal, retries = this.#options.retries ?? 4 } = call;
    let unauthorized = false;
    for (let failures = 1; ; failures++) {
      try {
        return (await this.#attempt(call)) as R;
      } catch (error) {
        if (!KubeError.is(error) || signal?.aborted) throw error;
        // The token may have been replaced since it was read. 401 is said before anything is done.
        if (error.status === 401 && !unauthorized) {
          unauthorized = true;
          continue;
        }
        const safe = error.notExecuted || (call.repeatable && error.retryable);
        if (!safe || failures > retries) throw error;
        const delay = Math.max(
          backoffDelay(RETRY_BACKOFF, failures),
          Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS),
        );
        this.#logger.debug({ delay, failures, reason: error.reason }, `Retries: ${error.message}`);
        await sleep(delay, signal);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** The stream that the server answers. Not repeated: who follows a stream decides where to go on. */
  async open(call: Call): Promise<IncomingMessage> {
    const response = await this.#limiter.run(
      () => this.#observed(call, () => this.#transport.open(this.#request(call))),
      { signal: call.signal },
    );
    if (isAnswer(response)) throw this.#refused(call, response);
    return response;
  }

  close(): void {
    this.#transport.close();
  }

  async #attempt(call: Call): Promise<unknown> {
    const once = async () => {
      const answer = await this.#observed(call, () => this.#transport.send(this.#request(call)));
      if (isOk(answer.status)) return parse(call, answer);
      throw this.#refused(call, answer);
    };
    if (call.urgent) return once();
    return this.#limiter.run(once, {
      signal: call.signal,
      onWait: (milliseconds) => {
        if (milliseconds > 1) this.#options.metrics?.throttled?.(milliseconds / 1000);
      },
    });
  }

  #refused(call: Call, { status, body, retryAfter }: Answer): KubeError {
    if (status === 401) this.#transport.forgetCredentials();
    return errorFromAnswer(status, body, describe(call), retryAfter);
  }

  #timeout(call: Call): number {
    const { timeoutMs = this.#options.timeoutMs ?? 30_000 } = call;
    if (!this.#fence || call.method === 'GET') return timeoutMs;
    if (this.#fence.remainingMs() <= 0) throw new NotLeaderError(describe(call));
    return Math.min(timeoutMs, this.#fence.leaseRemainingMs());
  }

  #request(call: Call): Request {
    return {
      call: describe(call),
      method: call.method,
      path: call.path,
      headers: {
        accept: 'application/json',
        'user-agent': this.#options.userAgent ?? 'open-chatgpt',
        ...(call.contentType && { 'content-type': call.contentType }),
      },
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      signal: call.signal,
      timeoutMs: () => this.#timeout(call),
    };
  }

  async #observed<R extends Answer | object>(call: Call, work: () => Promise<R>): Promise<R> {
    const start = performance.now();
    const count = (code: string) =>
      this.#options.metrics?.call({
        verb: call.verb,
        resource: resourceLabel(call),
        code,
        seconds: (performance.now() - start) / 1000,
      });
    try {
      const result = await work();
      count(String(isAnswer(result) ? result.status : 200));
      return result;
    } catch (error) {
      if (!(error instanceof NotLeaderError)) count('none');
      throw error;
    }
  }
}

function parse(call: Call, { status, body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new KubeError({
      status,
      reason: 'InternalError',
      message: `${describe(call)}: the answer with status ${status} is not JSON: ${body.slice(0, 100)}`,
      cause: error,
    });
  }
}

const isAnswer = (result: object): result is Answer => 'body' in result && 'status' in result;

const resourceLabel = ({ type, subresource }: Call) =>
  subresource ? `${type.plural}/${subresource}` : type.plural;

export const describe = (call: Call) => `${call.verb} ${resourceLabel(call)} ${call.about}`.trim();
