import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeConnection } from '../client/connection';
import { type KubeObject, keyOf } from '../object';
import { ObjectStore, type Stored } from './object-store';

/** A request as a spec sees it. */
export interface SeenRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: a spec looks into any body
  body: any;
}

/** What the server does instead of answering. */
export type Fault =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  /** Resets the connection, before or after it has carried out the request. */
  | { reset: 'before' | 'after' }
  | { delayMs: number };

interface Watcher {
  collection: string;
  query: URLSearchParams;
  response: http.ServerResponse;
}

/**
 * An API server for unit specs that can misbehave. It serves every kind without a CRD: get, list with pages and label
 * selectors, watch with bookmarks, create, replace, merge patch, delete, and the status subresource. An apply is a merge
 * that remembers its manager. What real servers do beyond this is tested against a real one.
 */
export class FakeApiServer {
  readonly requests: SeenRequest[] = [];
  readonly store = new ObjectStore();
  readonly #server: http.Server;
  readonly #watchers = new Set<Watcher>();
  #faults: { matches: (request: SeenRequest) => boolean; fault: Fault; times: number }[] = [];
  #port = 0;
  /** The only token that is let in, if set. */
  token?: string;

  private constructor() {
    this.#server = http.createServer((request, response) => {
      this.#handle(request, response).catch((error) => {
        response.destroy(error);
      });
    });
    this.store.onEvent = (event) => {
      for (const watcher of this.#watchers) this.#offer(watcher, event);
    };
  }

  static async start(): Promise<FakeApiServer> {
    const server = new FakeApiServer();
    await server.listen();
    return server;
  }

  /** Serves again at the same address after `stop`. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends as a process that is killed does: all connections are reset. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#watchers.clear();
    this.#server.closeAllConnections();
    await closed;
  }

  connection(token?: () => string): KubeConnection {
    return {
      server: new URL(`http://127.0.0.1:${this.#port}`),
      namespace: 'default',
      access: async () => ({ headers: { authorization: `Bearer ${token?.() ?? 'none'}` }, tls: {} }),
    };
  }

  /** Answers the next `times` requests that match with a fault. */
  misbehave(matches: (request: SeenRequest) => boolean, fault: Fault, times = 1): void {
    this.#faults.push({ matches, fault, times });
  }

  get watching(): number {
    return this.#watchers.size;
  }

  /** Ends all watches: between two events as a server does after its timeout, or in the middle. */
  endWatches(how: 'cleanly' | 'reset'): void {
    for (const { response } of this.#watchers) {
      if (how === 'cleanly') response.end();
      else response.destroy();
    }
    this.#watchers.clear();
  }

  /** Sends text on all watches. */
  sendRaw(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  sendBookmarks(): void {
    this.sendRaw(
      `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: `${this.store.version}` } } })}\n`,
    );
  }

  /** Watches and pages of a version before this moment are Expired from now on. */
  compact(): void {
    this.store.compact();
  }

  async #handle(message: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const request = await read(message);
    this.requests.push(request);
    const index = this.#faults.findIndex(({ matches }) => matches(request));
    if (index >= 0) {
      const entry = this.#faults[index];
      if (--entry.times === 0) this.#faults.splice(index, 1);
      const { fault } = entry;
      if ('status' in fault) {
        response.writeHead(fault.status, fault.headers);
        response.end(typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {}));
        return;
      }
      if ('delayMs' in fault) await new Promise((resolve) => setTimeout(resolve, fault.delayMs).unref());
      else {
        if (fault.reset === 'after') this.store.serve(request);
        message.socket.destroy();
        return;
      }
    }
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      response.writeHead(401);
      response.end(JSON.stringify({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' }));
      return;
    }
    if (request.query.get('watch') === 'true') {
      this.#watch(request, response);
      return;
    }
    const { status, body } = this.store.serve(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  #watch({ path, query }: SeenRequest, response: http.ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const from = Number(query.get('resourceVersion'));
    const watcher = { collection: path, query, response };
    const missed = this.store.eventsAfter(from);
    if (!missed) {
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
      response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      return;
    }
    for (const event of missed) this.#offer(watcher, event);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #offer({ collection, query, response }: Watcher, { type, object, path }: Stored): void {
    if (!this.store.selects(collection, query, path, object)) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
  }
}

async function read(message: http.IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://localhost');
  return {
    method: message.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers: message.headers,
    body: text ? JSON.parse(text) : undefined,
  };
}

/** An object of a kind that exists only in specs. */
export interface Widget extends KubeObject {
  spec?: { size?: number; text?: string; replicas?: number };
  status?: { phase?: string };
}

export const widget = (name: string, spec: Widget['spec'] = {}, labels?: Record<string, string>): Widget => ({
  apiVersion: 'example.io/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'default', ...(labels && { labels }) },
  spec,
});

export const keysOf = (objects: KubeObject[]) => objects.map(keyOf).sort();
