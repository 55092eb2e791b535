import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';

describe('openchat token', () => {
  let cwd: string;
  const token = (...args: string[]) =>
    openchat(['token', ...args], { cwd, env: { OPEN_CHATGPT_TOKENS: '' } });
  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'token-'));
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('creates tokens, lists them without their secrets, and revokes them', async () => {
    const made = await token('create', '--scopes', 'read,submit', '--name', 'ci', '--expires', '90d');
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^oct_[\w-]{43}\n$/) });
    expect(made.stderr).toMatch(
      /^Token [0-9a-f]{8} with read, submit until .*; its hash is in tokens\.json\.\n$/,
    );
    expect(readFileSync(join(cwd, 'tokens.json'), 'utf8')).not.toContain(made.stdout.trim());
    const [{ token: other, id }] = jsonLines((await token('create', '--scopes', 'admin', '--json')).stdout);
    expect(other).toMatch(/^oct_/);
    const { stdout } = await token('list');
    expect(stdout).toMatch(/ci +read,submit/);
    expect(stdout).not.toContain('oct_');
    expect(await token('revoke', String(id))).toMatchObject({
      code: 0,
      stdout: `Revoked ${id} (unnamed).\n`,
    });
    const left = jsonLines((await token('list', '--json')).stdout);
    expect(left).toMatchObject([{ name: 'ci', scopes: ['read', 'submit'] }]);
    expect(left[0]).not.toHaveProperty('sha256');
  });

  it.each<[string[], number, RegExp]>([
    [['create'], 2, /required option '--scopes <list>'/],
    [
      ['create', '--scopes', 'root'],
      2,
      /Unknown scope "root"; expected read, submit, preferences, inference, models, admin/,
    ],
    [['create', '--scopes', 'read', '--expires', 'soon'], 2, /Expected a date such as/],
    [['create', '--scopes', 'read', '--expires', '2020-01-01'], 2, /The date is in the past/],
    [['revoke', 'none'], 1, /tokens\.json has no token "none"; list them with/],
    [['list', '--file', 'gone.json'], 1, /gone\.json cannot be read.*openchat token create/],
  ])('%j: %d', async (args, code, message) => {
    expect(await token(...args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});
