import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Logger } from '../logging/logger';
import { hashToken, readTokens, type TokenRecord } from './token-file';

/** How long a revoked token may still be accepted. */
const RELOAD_MS = 1000;

/** Finds the record of a bearer token. It reloads a changed token file, so that new and revoked tokens need no restart. */
export class Authenticator {
  private tokens: TokenRecord[];
  private version: string;
  /** Of a clock that nobody sets: a clock that was set back must not keep a revoked token valid. */
  private checkedAt = performance.now();

  /** @throws Error that names the file when it cannot be read */
  constructor(
    private readonly path: string,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    this.tokens = readTokens(path);
    this.version = versionOf(path);
  }

  /** @returns null for an unknown or expired token */
  authenticate(token: string): TokenRecord | null {
    this.reload();
    const hash = Buffer.from(hashToken(token), 'hex');
    const found = this.tokens.find(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash));
    if (!found || (found.expiresAt && Date.parse(found.expiresAt) <= Date.now())) return null;
    return found;
  }

  /** Keeps the loaded tokens when the file cannot be read: a broken file must not change who has access. */
  private reload(): void {
    if (performance.now() - this.checkedAt < RELOAD_MS) return;
    this.checkedAt = performance.now();
    try {
      const version = versionOf(this.path);
      if (version === this.version) return;
      this.tokens = readTokens(this.path);
      this.version = version;
    } catch (error) {
      this.logger.error({ err: error }, 'The token file cannot be read; the loaded tokens stay valid');
    }
  }
}

/** Changes with every write, because a write replaces the file by a new inode. */
function versionOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path);
  return `${ino}-${mtimeMs}-${size}`;
}
