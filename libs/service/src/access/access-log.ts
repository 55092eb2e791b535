import type { Request } from 'express';
import type { Counter } from 'prom-client';
import type { Logger } from '../logging/logger';
import { RateLimiter } from './rate-limiter';
import type { Scope } from './scopes';

export type Refusal = 'foreign' | 'unauthenticated' | 'scope' | 'rate';

/** Scopes of requests that change the platform. */
const CHANGES: readonly Scope[] = ['submit', 'models', 'admin'];

const LONGEST_PATH = 200;

/** Of one caller, so that refused requests do not fill a disk. All of them are counted. */
const LINES_PER_MINUTE = 60;

/** Says in the log of a service who tried what without the right to it, and who changed something. It never holds a token. */
export class AccessLog {
  private readonly lines = new RateLimiter(LINES_PER_MINUTE);

  constructor(
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
    private readonly count: Counter<'reason'>,
  ) {}

  /** @param caller the id of the token, where it is known */
  refused(request: Request, reason: Refusal, caller?: string): void {
    this.count.inc({ reason });
    if (this.lines.take(caller ?? request.ip ?? 'unknown') > 0) return;
    this.logger.warn({ ...describe(request, caller), reason }, 'A request is refused');
  }

  accepted(request: Request, scope: Scope, caller: string): void {
    if (request.method !== 'GET' && CHANGES.includes(scope))
      this.logger.info({ ...describe(request, caller), scope }, 'A change is requested');
  }
}

function describe({ method, path, ip }: Request, caller?: string) {
  return { method, path: path.slice(0, LONGEST_PATH), address: ip, caller };
}
