import { isPermanent } from './permanent-error';

/**
 * Whose fault it is that a handler failed.
 * - `message`: it breaks its contract or a rule of the business; no further try can help
 * - `infrastructure`: what the handler needs is away, full, or refuses; the next message would fare no better
 * - `unknown`: neither says so; after so many tries the message is taken for the cause
 */
export type FailureKind = 'message' | 'infrastructure' | 'unknown';

/** The machine or the network fails. A file that is missing is not among them: who names it may be wrong. */
const SYSTEM_CODES = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EPERM', 'ESTALE'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET'],
]);

/**
 * An error is the infrastructure's when it, or one of its causes, has `infrastructure: true` (as those of the object store
 * have) or a code of the operating system that says so. A handler that follows an address out of a message decides for
 * itself whose fault it is that nobody is there: by `PermanentError`, which counts before its causes.
 */
export function classifyFailure(failure: unknown): FailureKind {
  if (isPermanent(failure)) return 'message';
  return causesOf(failure).some(isInfrastructure) ? 'infrastructure' : 'unknown';
}

interface Marked {
  readonly infrastructure?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

function isInfrastructure({ infrastructure, code }: Marked): boolean {
  return infrastructure === true || (typeof code === 'string' && SYSTEM_CODES.has(code));
}

function causesOf(failure: unknown): Marked[] {
  const chain: Marked[] = [];
  for (let at = failure as Marked; at instanceof Object && !chain.includes(at); at = at.cause as Marked)
    chain.push(at);
  return chain;
}
