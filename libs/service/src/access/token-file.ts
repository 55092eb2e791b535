import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

/** What is kept of a token: never the token itself. */
export type TokenRecord = z.output<typeof recordSchema>;

/** Tokens have 256 random bits, so a fast hash is as good as a slow one: there is nothing to guess. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** @throws Error naming the file, when it is not there or holds something else */
export function readTokens(path: string): TokenRecord[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(
      `the token file ${path} cannot be read: ${(error as Error).message}; ` +
        'make it with: openchat token create --scopes admin',
    );
  }
  try {
    return fileSchema.parse(JSON.parse(text)).tokens;
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const problem = issue ? `${issue.path.join('.')}: ${issue.message}` : (error as Error).message;
    throw new Error(`${path} is no token file: ${problem}`);
  }
}

export interface NewToken {
  name: string;
  scopes: readonly Scope[];
  expiresAt?: Date;
}

/** Adds a token to the file, which is made where there is none. @returns the token, which is kept nowhere */
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

/** Removes a token by its id. @throws Error when there is none of that id */
export function revokeToken(path: string, id: string): TokenRecord {
  let revoked: TokenRecord | undefined;
  changeTokens(path, (tokens) => {
    revoked = tokens.find((token) => token.id === id);
    if (!revoked) throw new Error(`${path} has no token "${id}"; list them with: openchat token list`);
    return tokens.filter((token) => token.id !== id);
  });
  return revoked!;
}

/** The file appears whole or not at all; of two writers at once the second is told to try again. */
function changeTokens(path: string, change: (tokens: TokenRecord[]) => TokenRecord[]): void {
  const writing = `${path}.writing`;
  try {
    writeFileSync(writing, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`somebody else is writing ${path}; try again, or remove ${writing} if nobody is`);
  }
  try {
    const tokens = change(isThere(path) ? readTokens(path) : []);
    writeFileSync(writing, `${JSON.stringify({ tokens }, null, 2)}\n`);
    renameSync(writing, path);
  } catch (error) {
    rmSync(writing, { force: true });
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
