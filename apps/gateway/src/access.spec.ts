import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToken, type RunningService, revokeToken, type Scope } from '@open-chatgpt/service';
import { somePipeline, startGateway, until } from './testing/start-gateway';

describe('access to the API', () => {
  let folder: string;
  let file: string;
  let gateway: RunningService;
  const tokens: Partial<Record<Scope, string>> = {};
  const preference = { datasetId: 'd', prompt: [{ role: 'user', content: 'q' }], chosen: 'a', rejected: 'b' };

  const ask = (path: string, token?: string, body?: object, url = gateway.url) =>
    fetch(`${url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'access-'));
    file = join(folder, 'tokens.json');
    for (const scope of ['read', 'submit', 'preferences', 'admin'] as const)
      tokens[scope] = createToken(file, { name: scope, scopes: [scope] }).token;
    gateway = await startGateway(folder, { OPEN_CHATGPT_TOKENS: file });
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it.each(['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'])(
    '%s is for everybody',
    async (path) => {
      expect((await ask(path)).status).toBe(200);
    },
  );

  it('rejects a missing or a wrong token', async () => {
    const without = await ask('/v1/pipelines');
    expect(without.status).toBe(401);
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="open-chatgpt"');
    expect(without.headers.get('content-type')).toContain('application/problem+json');
    expect(await without.json()).toMatchObject({
      status: 401,
      detail: expect.stringContaining('send a token'),
    });
    for (const wrong of ['oct_guess', `${tokens.read}x`, '']) {
      const response = await ask('/v1/pipelines', wrong);
      expect(response.status).toBe(401);
    }
    expect((await ask('/v1/pipelines', 'oct_guess')).headers.get('www-authenticate')).toContain(
      'invalid_token',
    );
  });

  it.each<[Scope, number, number, number]>([
    ['read', 200, 403, 403],
    ['submit', 403, 400, 403],
    ['preferences', 403, 403, 200],
    ['admin', 200, 400, 200],
  ])('%s: read %d, submit %d, preferences %d', async (scope, reading, submitting, preferring) => {
    const token = tokens[scope];
    expect((await ask('/v1/pipelines', token)).status).toBe(reading);
    expect((await ask('/v1/pipelines', token, {})).status).toBe(submitting);
    expect((await ask('/v1/preferences', token, preference)).status).toBe(preferring);
  });

  it('names the missing scope', async () => {
    const response = await ask('/v1/pipelines', tokens.read, { pipeline: somePipeline });
    expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="submit"');
    expect(await response.json()).toMatchObject({
      detail: 'this needs the scope "submit"; the token "read" has: read',
    });
  });

  it('accepts new tokens, and rejects revoked and expired ones, without a restart', async () => {
    const { token, record } = createToken(file, { name: 'new', scopes: ['read'] });
    const statusOf = async () => (await ask('/v1/runs', token)).status;
    await until(statusOf, (status) => status === 200);
    revokeToken(file, record.id);
    await until(statusOf, (status) => status === 401);
    const expiresAt = new Date(Date.now() - 1000);
    const { token: old } = createToken(file, { name: 'old', scopes: ['read'], expiresAt });
    const { token: probe } = createToken(file, { name: 'probe', scopes: ['read'] });
    await until(
      async () => (await ask('/v1/runs', probe)).status,
      (status) => status === 200,
    );
    expect((await ask('/v1/runs', old)).status).toBe(401);
  });

  it('ends an open event stream when its token is revoked', async () => {
    const pipeline = { pipelineId: 'watched', pipeline: somePipeline };
    expect((await ask('/v1/pipelines', tokens.submit, pipeline)).status).toBe(201);
    const { token, record } = createToken(file, { name: 'watcher', scopes: ['read'] });
    const open = () => ask('/v1/pipelines/watched/events', token);
    const { body } = await until(open, ({ status }) => status === 200);
    const reader = body!.getReader();
    expect((await reader.read()).done).toBe(false);
    revokeToken(file, record.id);
    const untilEnd = async () => {
      while (!(await reader.read()).done);
    };
    await expect(untilEnd()).rejects.toThrow('terminated');
    expect((await open()).status).toBe(401);
  });

  it('keeps its tokens when the token file is invalid', async () => {
    const content = readFileSync(file);
    writeFileSync(file, '{');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await ask('/v1/runs', tokens.read)).status).toBe(200);
    expect((await ask('/v1/runs', 'oct_guess')).status).toBe(401);
    writeFileSync(file, content);
  });

  it('limits the requests of each caller, with a retry time', async () => {
    const strict = await startGateway(folder, {
      OPEN_CHATGPT_TOKENS: file,
      OPEN_CHATGPT_REQUESTS_PER_MINUTE: '3',
    });
    try {
      const read = () => ask('/v1/alerts', tokens.read, undefined, strict.url);
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await read()).status);
      expect(statuses).toEqual([200, 200, 200]);
      const refused = await read();
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(20);
      // Each has its own limit; wrong tokens count for their address.
      expect((await ask('/v1/alerts', tokens.admin, undefined, strict.url)).status).toBe(200);
      for (let i = 0; i < 3; i++) await ask('/v1/alerts', `wrong-${i}`, undefined, strict.url);
      expect((await ask('/v1/alerts', 'wrong', undefined, strict.url)).status).toBe(429);
      const metrics = await (await ask('/metrics', undefined, undefined, strict.url)).text();
      expect(metrics).toMatch(/http_refused_total\{reason="rate"\} 2/);
      expect(metrics).toMatch(/http_refused_total\{reason="unauthenticated"\} 3/);
    } finally {
      await strict.stop();
    }
  });

  it('limits the event streams of each caller', async () => {
    await ask('/v1/pipelines', tokens.submit, { pipeline: somePipeline, pipelineId: 'watched' });
    const strict = await startGateway(folder, {
      OPEN_CHATGPT_TOKENS: file,
      OPEN_CHATGPT_STREAMS_PER_CALLER: '1',
    });
    const leave = new AbortController();
    const watch = (token?: string) =>
      fetch(`${strict.url}/v1/pipelines/watched/events`, {
        headers: { authorization: `Bearer ${token}` },
        signal: leave.signal,
      });
    try {
      const first = await watch(tokens.read);
      expect(first.status).toBe(200);
      expect(first.headers.get('content-type')).toContain('text/event-stream');
      const second = await watch(tokens.read);
      expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
      expect((await watch(tokens.admin)).status).toBe(200);
      const metrics = async () => (await fetch(`${strict.url}/metrics`)).text();
      expect(await metrics()).toMatch(/http_streams 2/);
      leave.abort();
      await until(metrics, (text) => /http_streams 0/.test(text));
    } finally {
      leave.abort();
      await strict.stop();
    }
  });
});

describe('a gateway without tokens', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'open-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[Record<string, string>, RegExp]>([
    [
      { OPEN_CHATGPT_HOST: '0.0.0.0' },
      /listens on 0\.0\.0\.0[\s\S]*openchat token create[\s\S]*OPEN_CHATGPT_ANONYMOUS/,
    ],
    [{ OPEN_CHATGPT_HOST: '::' }, /listens on ::/],
    [{ OPEN_CHATGPT_BUS: 'kafka://127.0.0.1:1' }, /belongs to a platform on kafka:\/\/127\.0\.0\.1:1/],
    [
      { OPEN_CHATGPT_TOKENS: '/nowhere/tokens.json' },
      /\/nowhere\/tokens\.json cannot be read[\s\S]*token create/,
    ],
  ])('does not start with %j', async (env, message) => {
    await expect(startGateway(folder, env)).rejects.toThrow(message);
  });

  it('accepts local programs, and rejects pages of other sites and other host names', async () => {
    const gateway = await startGateway(folder);
    const statusFor = statusesOf(gateway);
    try {
      expect(await statusFor({})).toBe(200);
      expect(await statusFor({ host: new URL(gateway.url).host.replace('127.0.0.1', 'localhost') })).toBe(
        200,
      );
      expect(await statusFor({ host: 'rebound.example' })).toBe(403);
      expect(await statusFor({ 'sec-fetch-site': 'cross-site' })).toBe(403);
      expect(await statusFor({ 'sec-fetch-site': 'same-origin' })).toBe(200);
      expect(await statusFor({ origin: 'http://evil.example' })).toBe(403);
      expect(await statusFor({ origin: gateway.url })).toBe(200);
      expect(await statusFor({ host: ['localhost', 'evil.example'] })).toBe(400);
      expect(await statusFor({ host: ['localhost', 'localhost'] })).toBe(400);
    } finally {
      await gateway.stop();
    }
  });

  it('accepts no changes by pages of other sites where every client has access', async () => {
    const gateway = await startGateway(folder, { OPEN_CHATGPT_ANONYMOUS: 'true' });
    const statusFor = statusesOf(gateway);
    try {
      const foreign: Record<string, string>[] = [
        { origin: 'http://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
      ];
      for (const headers of foreign) {
        expect(await statusFor(headers, 'POST', '/v1/pipelines/none/cancel')).toBe(403);
        expect(await statusFor(headers)).toBe(200);
      }
      expect(await statusFor({ origin: gateway.url }, 'POST', '/v1/pipelines/none/cancel')).toBe(404);
      expect(await statusFor({}, 'POST', '/v1/pipelines/none/cancel')).toBe(404);
    } finally {
      await gateway.stop();
    }
  });
});

/** Requests with headers that fetch does not send. An array becomes several headers of that name. */
function statusesOf({ url }: RunningService) {
  const { port } = new URL(url);
  return (headers: Record<string, string | string[]>, method = 'GET', path = '/v1/runs') =>
    new Promise((resolve, reject) => {
      const all = Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one]),
      );
      const host = 'host' in headers ? [] : [['host', `127.0.0.1:${port}`]];
      const asked = request(
        { host: '127.0.0.1', port, method, path, headers: [...host, ...all, ['content-length', '0']].flat() },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      asked.on('error', reject).end();
    });
}
