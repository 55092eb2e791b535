import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpStatusError } from './http-errors';
import { httpGet } from './http-get';
import type { HttpOptions } from './http-options';

const ROWS = 'a row\n'.repeat(200);
const seen: { url?: string; authorization?: string }[] = [];
const routes: Record<string, RequestListener> = {
  '/rows.jsonl': (_, response) => response.end(ROWS),
  '/moved': (_, response) => response.writeHead(302, { location: '/rows.jsonl' }).end(),
  '/elsewhere': (request, response) =>
    response.writeHead(302, { location: `http://127.0.0.2:${request.socket.localPort}/rows.jsonl` }).end(),
  '/ranged': ({ headers: { range = '' } }, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    const contentRange = `bytes ${start}-${ROWS.length - 1}/${ROWS.length}`;
    response.writeHead(range ? 206 : 200, { 'content-range': contentRange }).end(ROWS.slice(start));
  },
  '/to-ranged': (_, response) => response.writeHead(302, { location: '/ranged' }).end(),
  '/other-range': (_, response) =>
    response.writeHead(206, { 'content-range': 'bytes 0-1199/1200' }).end(ROWS),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/to-file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/to-nothing': (_, response) => response.writeHead(302, { location: 'http://' }).end(),
  '/announced': (_, response) => response.writeHead(200, { 'content-length': '1000000' }).end('x'),
  '/broken': (_, response) => {
    response.writeHead(200, { 'content-length': '100000' }).write(ROWS);
    setTimeout(() => response.destroy(), 20);
  },
  '/endless': (_, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(65536, 97)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/drips': (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => undefined,
  '/stalled': (_, response) => void response.writeHead(200).write(ROWS),
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ url: request.url, authorization: request.headers.authorization });
    const route = routes[(request.url ?? '').split('?')[0]];
    if (route) route(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function get(path: string, options: HttpOptions = {}): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of httpGet(new URL(`${base}${path}`), { allowPrivate: true, ...options }))
    parts.push(chunk);
  return Buffer.concat(parts).toString();
}

it.each(['/rows.jsonl', '/moved'])('reads %s', async (path) => {
  expect(await get(path)).toBe(ROWS);
});

it.each(['/ranged', '/to-ranged', '/rows.jsonl'])('leaves out the beginning of %s', async (path) => {
  expect(await get(path, { offset: 7 })).toBe(ROWS.slice(7));
  expect(await get(path, { offset: 0 })).toBe(ROWS);
});

describe('fails with the cause', () => {
  it.each<[string, string, HttpOptions, RegExp]>([
    [
      'an address of this machine',
      '/rows.jsonl',
      { allowPrivate: false },
      /127\.0\.0\.1, which is not on the public/,
    ],
    [
      'another range than the requested one',
      '/other-range',
      { offset: 7 },
      /answered with the range "bytes 0-1199\/1200", expected bytes from 7/,
    ],
    ['no file', '/none', {}, /\/none: the server answered 404/],
    ['an endless redirect', '/loop', {}, /more than 5 redirects/],
    ['a redirect to a file', '/to-file', {}, /only http and https/],
    ['a redirect to an invalid URL', '/to-nothing', {}, /redirects to something that is not a URL/],
    [
      'a content-length above the limit',
      '/announced',
      { maxBytes: 1000 },
      /more than 1000 bytes.*Raise maxBytes/,
    ],
    ['more bytes than the limit', '/endless', { maxBytes: 1_000_000 }, /more than 1000000 bytes/],
    ['a connection that breaks off', '/broken', {}, /broke off before the end/],
    ['no response', '/silent', { responseTimeoutMs: 50 }, /no response within 50 ms/],
    [
      'a response that drips',
      '/drips',
      { slowAfterMs: 100, leastBytesPerSecond: 100_000 },
      /fewer than 100000 bytes arrive in a second/,
    ],
    ['a response that takes too long', '/endless', { totalTimeoutMs: 100 }, /takes more than 100 ms/],
    ['a response that stalls', '/stalled', { idleTimeoutMs: 50 }, /no byte arrived for 50 ms/],
  ])('%s', async (_, path, options, message) => {
    await expect(get(path, options)).rejects.toThrow(message);
  });

  it('with the status, and the URL without its secrets', async () => {
    const error = await get('/none?signature=abc').catch((caught) => caught);
    expect(error).toBeInstanceOf(HttpStatusError);
    expect(error.message).toBe(`${base}/none?…: the server answered 404 Not Found.`);
    expect(error.status).toBe(404);
  });

  it('a port without a listener', async () => {
    await expect(async () => {
      for await (const _ of httpGet(new URL('http://127.0.0.1:1/x'), { allowPrivate: true }));
    }).rejects.toThrow(/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*copy the file to this machine/);
  });

  it('a host name that resolves to this machine', async () => {
    const url = new URL(base.replace('127.0.0.1', 'localhost'));
    await expect(async () => {
      for await (const _ of httpGet(url));
    }).rejects.toThrow(/localhost is at .* not on the public internet/);
  });
});

it.each(['/silent', '/stalled', '/drips'])('an abort interrupts a read of %s', async (path) => {
  const abort = new AbortController();
  const reading = get(path, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('stopped')), 50);
  await expect(reading).rejects.toThrow(/stopped|aborted/);
});

it('sends its headers to the first host only', async () => {
  seen.length = 0;
  const headers = { authorization: 'Bearer secret' };
  await get('/elsewhere', { headers });
  await get('/moved', { headers });
  expect(seen).toEqual([
    { url: '/elsewhere', authorization: 'Bearer secret' },
    { url: '/rows.jsonl', authorization: undefined },
    { url: '/moved', authorization: 'Bearer secret' },
    { url: '/rows.jsonl', authorization: 'Bearer secret' },
  ]);
});
