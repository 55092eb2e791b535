import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { readDataset } from '../reading/read-dataset';
import { HttpFailure, type HttpOptions, httpGet } from './http-get';
import { openSource } from './open-source';

const ROWS = Array.from({ length: 30 }, (_, i) =>
  JSON.stringify({ instruction: `i${i}`, output: `o${i}` }),
).join('\n');
const seen: { url?: string; authorization?: string }[] = [];
const routes: Record<string, RequestListener> = {
  '/rows.jsonl': (_, response) => response.end(ROWS),
  '/rows.gz': (_, response) => response.end(gzipSync(ROWS)),
  '/moved': (_, response) => response.writeHead(302, { location: '/rows.jsonl' }).end(),
  '/elsewhere': (request, response) =>
    response.writeHead(302, { location: `http://127.0.0.2:${request.socket.localPort}/rows.jsonl` }).end(),
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

it.each(['/rows.jsonl', '/rows.gz', '/moved'])('reads a data set from %s', async (path) => {
  const source = await openSource(`${base}${path}`, { allowPrivate: true });
  expect((await readDataset(source, { kind: 'supervised' })).examples).toHaveLength(30);
});

it('can be read again, and closes its connection when it is left', async () => {
  const source = await openSource(`${base}/rows.jsonl`, { allowPrivate: true });
  for (let i = 0; i < 2; i++) {
    expect((await readDataset(source, { kind: 'supervised', limit: 1 })).examples).toHaveLength(1);
  }
});

describe('says what is wrong', () => {
  it.each<[string, string, HttpOptions, RegExp]>([
    [
      'an address of this machine',
      '/rows.jsonl',
      { allowPrivate: false },
      /127\.0\.0\.1, which is not on the public/,
    ],
    ['no file', '/none', {}, /\/none: the server answered 404/],
    ['redirects without end', '/loop', {}, /more than 5 redirects/],
    ['a redirect to a file', '/to-file', {}, /only http and https/],
    ['a redirect to nothing', '/to-nothing', {}, /redirects to something that is no URL/],
    ['too large, as announced', '/announced', { maxBytes: 1000 }, /more than 1000 bytes.*raise maxBytes/],
    ['too large, as found', '/endless', { maxBytes: 1_000_000 }, /more than 1000000 bytes/],
    ['a connection that breaks off', '/broken', {}, /broke off before the end/],
    ['no answer', '/silent', { responseTimeoutMs: 50 }, /no answer within 50 ms/],
    ['an answer that stops', '/stalled', { idleTimeoutMs: 50 }, /no byte came for 50 ms/],
  ])('%s', async (_, path, options, message) => {
    await expect(get(path, options)).rejects.toThrow(message);
  });

  it('without the secrets in a URL', async () => {
    const url = base.replace('//', '//me:pass@');
    const error = await openSource(`${url}/none?signature=abc`, { allowPrivate: true })
      .then((source) => readDataset(source, { kind: 'supervised' }))
      .catch(String);
    expect(error).toMatch(/\/none\?…: the server answered 404/);
    expect(error).not.toMatch(/pass|abc/);
  });

  it('with the status', async () => {
    const error = await get('/none').catch((caught) => caught);
    expect(error).toBeInstanceOf(HttpFailure);
    expect(error.status).toBe(404);
  });

  it('a port where no one listens', async () => {
    await expect(async () => {
      for await (const _ of httpGet(new URL('http://127.0.0.1:1/x'), { allowPrivate: true }));
    }).rejects.toThrow(/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\).*bring the file here/);
  });

  it('a name of this machine, after looking it up', async () => {
    const url = new URL(base.replace('127.0.0.1', 'localhost'));
    await expect(async () => {
      for await (const _ of httpGet(url));
    }).rejects.toThrow(/localhost is at .* not on the public internet/);
  });
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
