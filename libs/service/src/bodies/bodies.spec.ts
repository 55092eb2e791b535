import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { AccessModule } from '../access/access.module';
import { Public, RequireScope } from '../access/require-scope';
import { createToken } from '../access/token-file';
import { loadConfig } from '../config/load-config';
import { serviceConfigSchema } from '../config/service-config';
import { type RunningService, startService } from '../start-service';

@Controller('echo')
class EchoController {
  @Post()
  @RequireScope('submit')
  echo(@Body() body: unknown) {
    return { body };
  }

  @Post('open')
  @Public()
  open(@Body() body: unknown) {
    return { hasBody: body !== undefined };
  }
}

@Module({ imports: [AccessModule], controllers: [EchoController] })
class EchoModule {}

const MOST = 10_000;

describe('the bodies of requests', () => {
  let folder: string;
  let service: RunningService;
  const tokens: Record<string, string> = {};
  const sockets: Socket[] = [];

  /** Sends the bytes of a request as they are. `answer` resolves with the head of the response, or '' when there is none. */
  const open = (head: readonly string[], body = '') => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    sockets.push(socket);
    socket.write(['POST /echo HTTP/1.1', 'host: localhost', ...head, '', body].join('\r\n'));
    let text = '';
    const answer = new Promise<string>((resolve) => {
      socket.on('data', (data) => {
        text += data;
        if (text.includes('\r\n\r\n')) resolve(text);
      });
      socket.on('error', () => resolve(text)).on('close', () => resolve(text));
    });
    return { socket, answer };
  };
  const json = (length: number | 'chunked', token?: string) => [
    'content-type: application/json',
    length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
  ];
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.submit}`, ...headers },
      body,
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bodies-'));
    const file = join(folder, 'tokens.json');
    for (const scope of ['read', 'submit'] as const)
      tokens[scope] = createToken(file, { name: scope, scopes: [scope] }).token;
    const config = loadConfig(serviceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_TOKENS: file,
      OPEN_CHATGPT_MAX_BODY_BYTES: String(MOST),
      OPEN_CHATGPT_MAX_BODY_BYTES_IN_FLIGHT: String(2 * MOST),
      OPEN_CHATGPT_BODY_SECONDS: '1',
      OPEN_CHATGPT_MAX_CONNECTIONS: '20',
    });
    service = await startService('test', config, [EchoModule]);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, () => string | undefined, number]>([
    ['no token', () => undefined, 401],
    ['a wrong token', () => 'oct_guess', 401],
    ['a token without the scope', () => tokens.read, 403],
  ])('with %s, answers after the head: %s %d', async (_, token, status) => {
    const { answer } = open(json(MOST, token()));
    expect(await answer).toContain(`HTTP/1.1 ${status} `);
  });

  it('answers 413 after the head when the body is announced as too large', async () => {
    expect(await open(json(MOST + 1, tokens.submit)).answer).toContain('HTTP/1.1 413 ');
  });

  it('answers 413 when a body of unknown length becomes too large', async () => {
    const chunk = `${MOST.toString(16)}\r\n${' '.repeat(MOST)}\r\n`;
    const { answer } = open(json('chunked', tokens.submit), chunk + chunk);
    expect(await answer).toContain('HTTP/1.1 413 ');
  });

  it('answers 408 to a body that comes too slowly, and closes the connection', async () => {
    const { socket, answer } = open(json(MOST, tokens.submit), '{');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect(await answer).toMatch(/HTTP\/1\.1 408 [\s\S]*connection: close/i);
    await closed;
  });

  it('answers 503 with a retry time when the bodies in flight are as large as they may be', async () => {
    const held = [open(json(MOST, tokens.submit)), open(json(MOST, tokens.submit))];
    let refused = await send('{}');
    while (refused.status === 200) refused = await send('{}');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    held[0].socket.write(`{${' '.repeat(MOST - 2)}}`);
    expect(await held[0].answer).toContain('HTTP/1.1 201 ');
    expect((await send('{}')).status).toBe(201);
  });

  it('keeps an idle connection longer than proxies do', async () => {
    expect((await send('{}')).headers.get('keep-alive')).toBe('timeout=75');
  });

  it('reads JSON, also compressed', async () => {
    const body = JSON.stringify({ text: 'é "[[" \\', list: [1, { a: null }] });
    expect(await (await send(body)).json()).toEqual({ body: JSON.parse(body) });
    const packed = await send(Uint8Array.from(gzipSync(body)), { 'content-encoding': 'gzip' });
    expect(await packed.json()).toEqual({ body: JSON.parse(body) });
  });

  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number]>([
    ['JSON that is cut off', '{"a": ', {}, 400],
    ['nothing but brackets', '['.repeat(MOST), {}, 400],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}, 400],
    ['a compressed body that becomes too large', gzipSync(' '.repeat(MOST * 100)), {}, 413],
    ['a body that is not compressed as it says', '{}', { 'content-encoding': 'gzip' }, 400],
    ['an unknown compression', '{}', { 'content-encoding': 'constructor' }, 415],
    ['another content type', '{}', { 'content-type': 'text/plain' }, 415],
    ['another character set', '{}', { 'content-type': 'application/json; charset=latin1' }, 415],
  ])('refuses %s', async (_, body, headers, status) => {
    const encoding: Record<string, string> = body instanceof Buffer ? { 'content-encoding': 'gzip' } : {};
    const content = typeof body === 'string' ? body : Uint8Array.from(body);
    expect((await send(content, { ...encoding, ...headers })).status).toBe(status);
  });

  it('does not read the body of a public route', async () => {
    const response = await fetch(`${service.url}/echo/open`, { method: 'POST', body: 'x'.repeat(2 * MOST) });
    expect(await response.json()).toEqual({ hasBody: false });
  });

  it('closes connections beyond the limit', async () => {
    const silent = Array.from({ length: 40 }, () => open(json(MOST, tokens.submit)));
    const closed = await Promise.race(
      silent.map(({ socket }) => new Promise((resolve) => socket.once('close', () => resolve(true)))),
    );
    expect(closed).toBe(true);
    for (const { socket } of silent) socket.destroy();
    const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
    let text = '';
    while (!/http_connections_dropped_total [1-9]/.test(text)) text = await metrics().catch(() => '');
  });
});
