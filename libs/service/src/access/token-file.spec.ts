import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToken, hashToken, readTokens, revokeToken } from './token-file';

describe('the token file', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokens-'));
    file = join(folder, 'tokens.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stores hashes, never tokens, and only its owner can read it', () => {
    const { token, record } = createToken(file, { name: 'ci', scopes: ['read', 'submit', 'read'] });
    expect(token).toMatch(/^oct_[\w-]{43}$/);
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    expect(readTokens(file)).toEqual([record]);
    expect(record).toMatchObject({ name: 'ci', scopes: ['read', 'submit'], sha256: hashToken(token) });
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('adds and removes single tokens, and leaves no temporary file', () => {
    const [one, two] = ['one', 'two'].map((name) => createToken(file, { name, scopes: ['read'] }).record);
    expect(readTokens(file)).toEqual([one, two]);
    expect(revokeToken(file, one.id)).toEqual(one);
    expect(readTokens(file)).toEqual([two]);
    expect(() => revokeToken(file, one.id)).toThrow(`${file} has no token "${one.id}"`);
    expect(readdirSync(folder)).toEqual(['tokens.json']);
  });

  it('is not changed while another process writes it', () => {
    createToken(file, { name: 'one', scopes: ['read'] });
    writeFileSync(`${file}.lock`, '');
    expect(() => createToken(file, { name: 'two', scopes: ['read'] })).toThrow(/another process is writing/);
    expect(readTokens(file)).toHaveLength(1);
  });

  it.each<[string, RegExp]>([
    ['{', /is not a token file: /],
    ['[]', /is not a token file: .*object/],
    ['{"tokens":[{"id":"a"}]}', /tokens\.0\.name: /],
  ])('%j is rejected, and not overwritten', (text, message) => {
    writeFileSync(file, text);
    expect(() => readTokens(file)).toThrow(message);
    expect(() => createToken(file, { name: 'x', scopes: ['read'] })).toThrow(message);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
