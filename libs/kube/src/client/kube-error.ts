/**
 * Why a call failed: the reason that the API server gives, with three of our own:
 * `Unavailable` (no answer, or 502 or 503), `Timeout` (no answer in time, or 504), and `KindNotFound` (the server does
 * not serve the kind at all: its CRD is not installed), so that a missing kind is not taken for a missing object.
 */
export type KubeReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'KindNotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Expired'
  | 'Invalid'
  | 'TooManyRequests'
  | 'InternalError'
  | 'Unavailable'
  | 'Timeout'
  | 'Aborted'
  | (string & {});

/** One field that the API server refuses. */
export interface KubeErrorCause {
  /** Path of the field, as in `spec.replicas`. */
  field?: string;
  message: string;
  reason?: string;
}

interface KubeErrorOptions {
  status: number;
  reason: KubeReason;
  message: string;
  causes?: KubeErrorCause[];
  retryAfterMs?: number;
  notExecuted?: boolean;
  cause?: unknown;
}

/** A failed call to the API server. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly reason: KubeReason;
  readonly causes: readonly KubeErrorCause[];
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number;
  /** The server did certainly not carry out the call, so that any call may be repeated. */
  readonly notExecuted: boolean;

  constructor({
    status,
    reason,
    message,
    causes = [],
    retryAfterMs,
    notExecuted = false,
    cause,
  }: KubeErrorOptions) {
    super(message, { cause });
    this.status = status;
    this.reason = reason;
    this.causes = causes;
    this.retryAfterMs = retryAfterMs;
    this.notExecuted = notExecuted;
  }

  /** Whether `error` is a failed call, for one of the reasons if any are named. */
  static is(error: unknown, ...reasons: KubeReason[]): error is KubeError {
    return error instanceof KubeError && (reasons.length === 0 || reasons.includes(error.reason));
  }

  /** The server or the network is at fault, not the call: the same call may succeed later. */
  get retryable(): boolean {
    if (this.status === 0) return this.reason !== 'Aborted';
    return this.status === 429 || this.status >= 500 || this.reason === 'InternalError';
  }
}

const REASONS: Record<number, KubeReason> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'Unavailable',
  503: 'Unavailable',
  504: 'Timeout',
};

/** The API server has two names for some reasons. */
const SYNONYMS: Record<string, KubeReason> = { ServiceUnavailable: 'Unavailable', Gone: 'Expired' };

/** What the API server sends when a call, or an event of a watch, fails. */
interface Status {
  kind: 'Status';
  code?: number;
  reason?: string;
  message?: string;
  details?: {
    causes?: { field?: string; message?: string; reason?: string }[];
    retryAfterSeconds?: number;
  };
}

const isStatus = (value: unknown): value is Status =>
  typeof value === 'object' && value !== null && (value as Status).kind === 'Status';

/** Reads the status object that the API server sent. */
export function errorFromStatus(status: unknown, code: number, call: string, retryAfter?: string): KubeError {
  if (!isStatus(status)) return errorFromText(String(status), code, call, retryAfter);
  const { details } = status;
  const actual = status.code ?? code;
  const reason = status.reason || (REASONS[actual] ?? `Status${actual}`);
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds ?? Number.NaN);
  return new KubeError({
    status: actual,
    reason: SYNONYMS[reason] ?? reason,
    message: `${call}: ${status.message || reason}`,
    causes: details?.causes?.map(({ field, message = '', reason }) => ({ field, message, reason })),
    ...waiting(seconds, actual),
  });
}

/** Reads an answer that is not 2xx. */
export function errorFromAnswer(code: number, body: string, call: string, retryAfter?: string): KubeError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return errorFromText(body, code, call, retryAfter);
  }
  return isStatus(parsed)
    ? errorFromStatus(parsed, code, call, retryAfter)
    : errorFromText(body, code, call, retryAfter);
}

function errorFromText(body: string, code: number, call: string, retryAfter?: string): KubeError {
  const text = body.trim().slice(0, 300);
  // For a missing object the server sends a Status; a path that it does not serve has this text.
  if (code === 404)
    return new KubeError({
      status: code,
      reason: 'KindNotFound',
      message: `${call}: the API server does not serve this kind (is its CustomResourceDefinition installed?)`,
    });
  return new KubeError({
    status: code,
    reason: REASONS[code] ?? `Status${code}`,
    message: `${call}: status ${code}${text ? `: ${text}` : ''}`,
    ...waiting(Number(retryAfter ?? Number.NaN), code),
  });
}

/** The server refuses before it acts when it says 429, or 503 with a time to wait. */
function waiting(seconds: number, code: number): Pick<KubeErrorOptions, 'retryAfterMs' | 'notExecuted'> {
  const known = Number.isFinite(seconds) && seconds >= 0;
  return {
    retryAfterMs: known ? seconds * 1000 : undefined,
    notExecuted: code === 429 || (code === 503 && known),
  };
}

/** These errors happen before the first byte of a request is sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** A call without an answer: the connection failed, or ended early. */
export function errorFromNetwork(error: unknown, call: string): KubeError {
  if (error instanceof KubeError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new KubeError({
    status: 0,
    reason: 'Unavailable',
    message: `${call}: no answer from the API server: ${message || code}`,
    notExecuted: code !== undefined && NEVER_SENT.has(code),
    cause: error,
  });
}
