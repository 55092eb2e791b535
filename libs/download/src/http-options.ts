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
