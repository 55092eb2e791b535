export interface HttpOptions {
  /** Also read from addresses of this machine and its network. Off by default: anyone who may name a URL could read them. */
  allowPrivate?: boolean;
  /** Milliseconds until the response begins. */
  responseTimeoutMs?: number;
  /** Milliseconds between two chunks of the response. */
  idleTimeoutMs?: number;
  /** Milliseconds of waiting for the server, after which a response must have come at `leastBytesPerSecond` on average. */
  slowAfterMs?: number;
  leastBytesPerSecond?: number;
  /** Milliseconds of waiting for the server in all. */
  totalTimeoutMs?: number;
  /** Interrupts the request and the response. */
  signal?: AbortSignal;
  /** Leaves out this many bytes at the beginning. */
  offset?: number;
  /** Size limit of one file, as sent. */
  maxBytes?: number;
  /** Sent to the first host only, never to the target of a redirect. */
  headers?: Record<string, string>;
}

export const HTTP_DEFAULTS = {
  allowPrivate: false,
  responseTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  slowAfterMs: 60_000,
  leastBytesPerSecond: 4096,
  totalTimeoutMs: 12 * 3_600_000,
  maxBytes: 256 * 2 ** 30,
};
