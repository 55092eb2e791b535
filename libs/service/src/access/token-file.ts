import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { SCOPES, type Scope } from './scopes';

const recordSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(SCOPES)).min(1),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
});

const fileSchema = z.strictObject({ tokens: z.array(recordSchema) });

/** What is stored of a token: its hash, never the token itself. */
export type TokenRecord = z.output<typeof recordSchema>;

/** A fast hash is safe here, because a token has 256 random bits and cannot be guessed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** @throws Error that names the file, when it is missing or invalid */
export function readTokens(path: string): TokenRecord[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(
      `the token file ${path} cannot be read: ${(error as Error).message}; ` +
        'create it with: openchat token create --scopes admin',
    );
  }
  try {
    return fileSchema.parse(JSON.parse(text)).tokens;
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const problem = issue ? `${issue.path.join('.')}: ${issue.message}` : (error as Error).message;
    throw new Error(`${path} is not a token file: ${problem}`);
  }
}

export interface NewToken {
  name: string;
  scopes: readonly Scope[];
  expiresAt?: Date;
}

/** Adds a token to the file, and creates the file if necessary. @returns the token, which is stored nowhere */
export function createToken(path: string, { name, scopes, expiresAt }: NewToken) {
  const token = `oct_${randomBytes(32).toString('base64url')}`;
  const record: TokenRecord = {
    id: randomBytes(4).toString('hex'),
    name,
    sha256: hashToken(token),
    scopes: [...new Set(scopes)],
    createdAt: new Date().toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
  };
  changeTokens(path, (tokens) => [...tokens, record]);
  return { token, record };
}

/** Removes the token with this id. @throws Error when the file has none */
export function revokeToken(path: string, id: string): TokenRecord {
  let revoked: TokenRecord | undefined;
  changeTokens(path, (tokens) => {
    revoked = tokens.find((token) => token.id === id);
    if (!revoked) throw new Error(`${path} has no token "${id}"; list them with: openchat token list`);
    return tokens.filter((token) => token.id !== id);
  });
  return revoked!;
}

/** Replaces the file atomically. Of two concurrent writers, the second one fails and may retry. */
function changeTokens(path: string, change: (tokens: TokenRecord[]) => TokenRecord[]): void {
  const lock = `${path}.lock`;
  try {
    writeFileSync(lock, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`another process is writing ${path}; retry, or remove ${lock} if no process is`);
  }
  try {
    const tokens = change(existsSync(path) ? readTokens(path) : []);
    writeFileAtomic.sync(path, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: 0o600 });
  } finally {
    rmSync(lock, { force: true });
  }
}
