import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ProcessGroup } from '../../process-group';
import { KeyValueStore } from './key-value-store';

const MOST_VALUE_BYTES = 16 << 20;
/** One request waits at most so long; the client repeats it. */
export const MOST_WAIT_MS = 20_000;

/**
 * Serves a key-value store to the processes of a group: `PUT /<key>`, and `GET /<key>?wait=<milliseconds>`, which answers 404 where no
 * value came in that time. Requests without the token of the group are refused.
 */
export async function serveKeyValues({ port, token }: Pick<ProcessGroup, 'port' | 'token'>): Promise<Server> {
  const store = new KeyValueStore();
  const server = createServer((request, response) => {
    answer(store, token, request).then(
      ({ status, body }) => response.writeHead(status).end(body),
      () => refuse(response),
    );
  });
  server.listen(port);
  await once(server, 'listening');
  return server;
}

interface Answer {
  status: number;
  body?: Buffer;
}

async function answer(store: KeyValueStore, token: string, request: IncomingMessage): Promise<Answer> {
  if (!hasToken(request, token)) return { status: 401 };
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://group');
  const key = decodeURIComponent(pathname.slice(1));
  if (request.method === 'PUT') {
    const value = await bodyOf(request);
    if (value === null) return { status: 413 };
    return { status: store.put(key, value) ? 204 : 409 };
  }
  if (request.method !== 'GET') return { status: 405 };
  const waitMs = Math.min(Number(searchParams.get('wait')) || 0, MOST_WAIT_MS);
  const value = await store.get(key, waitMs);
  return value ? { status: 200, body: value } : { status: 404 };
}

function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const [given, expected] = [headers.authorization ?? '', `Bearer ${token}`].map((text) => Buffer.from(text));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** @returns null where the body is too large */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MOST_VALUE_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The request broke off, or its key cannot be decoded. */
function refuse(response: ServerResponse): void {
  response.writeHead(400).end();
}
