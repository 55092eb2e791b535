import { isPermanent } from './permanent-error';

/**
 * The cause of a handler's failure.
 * - `message`: the message breaks its contract or a business rule; a retry cannot help
 * - `infrastructure`: a dependency of the handler is unavailable, full, or denies access; the next message would fail too
 * - `unknown`: the error does not say; after all attempts the message is taken as the cause
 */
export type FailureKind = 'message' | 'infrastructure' | 'unknown';

/** System errors of the machine or the network. A missing file is not one of them: its name may come from the message. */
const SYSTEM_CODES = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES', 'EPERM', 'ESTALE'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET'],
]);

/**
 * Classifies an error. It is an infrastructure failure when the error or one of its causes has `infrastructure: true` (as
 * those of the object store have) or a system error code of the list. A handler that follows an address in a message
 * decides itself whether the address is wrong: it throws a `PermanentError`, which takes precedence over its causes.
 */
export function classifyFailure(failure: unknown): FailureKind {
  if (isPermanent(failure)) return 'message';
  return causesOf(failure).some(isInfrastructure) ? 'infrastructure' : 'unknown';
}

interface ErrorFields {
  readonly infrastructure?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

function isInfrastructure({ infrastructure, code }: ErrorFields): boolean {
  return infrastructure === true || (typeof code === 'string' && SYSTEM_CODES.has(code));
}

function causesOf(failure: unknown): ErrorFields[] {
  const chain: ErrorFields[] = [];
  for (
    let at = failure as ErrorFields;
    at instanceof Object && !chain.includes(at);
    at = at.cause as ErrorFields
  )
    chain.push(at);
  return chain;
}
