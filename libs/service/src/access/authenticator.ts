import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Logger } from '../logging/logger';
import { hashToken, readTokens, type TokenRecord } from './token-file';

/** How long a revoked token may still be taken. */
const RELOAD_MS = 1000;

/** Tells who a bearer token belongs to. The file is read again when it changes: no restart to add or revoke a token. */
export class Authenticator {
  private tokens: TokenRecord[];
  private version: string;
  private checkedAt = Date.now();

  /** @throws Error naming the file when it cannot be read */
  constructor(
    private readonly path: string,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    this.tokens = readTokens(path);
    this.version = versionOf(path);
  }

  /** @returns null for a token that is unknown or has expired */
  authenticate(token: string): TokenRecord | null {
    this.reload();
    const hash = Buffer.from(hashToken(token), 'hex');
    const found = this.tokens.find(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash));
    if (!found || (found.expiresAt && Date.parse(found.expiresAt) <= Date.now())) return null;
    return found;
  }

  /** A file that cannot be read any more changes nothing: nobody is locked out, or let in, by a slip. */
  private reload(): void {
    if (Date.now() - this.checkedAt < RELOAD_MS) return;
    this.checkedAt = Date.now();
    try {
      const version = versionOf(this.path);
      if (version === this.version) return;
      this.tokens = readTokens(this.path);
      this.version = version;
    } catch (error) {
      this.logger.error({ err: error }, 'the token file was not read again; the tokens stay as they were');
    }
  }
}

/** Changes with every write: the file is replaced by another inode. */
function versionOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path);
  return `${ino}-${mtimeMs}-${size}`;
}
