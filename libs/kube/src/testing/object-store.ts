import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../object';
import type { SeenRequest } from './fake-api-server';

type Json = Record<string, unknown>;

export interface Stored {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  version: number;
  /** Of the object. */
  path: string;
  object: KubeObject;
}

interface Reply {
  status: number;
  body: unknown;
}

class Refusal extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string = reason,
  ) {
    super(message);
  }
}

/** The objects of the fake API server by path, and their history. */
export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  #history: Stored[] = [];
  #compacted = 0;
  version = 100;
  onEvent: (event: Stored) => void = () => undefined;

  serve({ method, path, query, headers, body }: SeenRequest): Reply {
    try {
      return {
        status: method === 'POST' ? 201 : 200,
        body: this.#answer(method, path, query, headers, body),
      };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, reason, message } = error;
      return {
        status: code,
        body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
      };
    }
  }

  /** The events of a watch from a version; undefined when it is too old. */
  eventsAfter(version: number): Stored[] | undefined {
    if (version < this.#compacted) return undefined;
    return this.#history.filter((event) => event.version > version);
  }

  compact(): void {
    this.#compacted = ++this.version;
    this.#history = [];
  }

  selects(collection: string, query: URLSearchParams, path: string, { metadata }: KubeObject): boolean {
    const [, prefix, plural] = collection.match(/^(.*)\/([^/]+)$/)!;
    const all = !prefix.includes('/namespaces/');
    const parent = path.slice(0, path.lastIndexOf('/'));
    const inside = all
      ? parent.startsWith(`${prefix}/`) && parent.endsWith(`/${plural}`)
      : parent === collection;
    const selector = query.get('labelSelector');
    const labels = selector?.split(',').map((term) => term.split('=')) ?? [];
    return inside && labels.every(([name, value]) => metadata.labels?.[name] === value);
  }

  #answer(
    method: string,
    path: string,
    query: URLSearchParams,
    headers: SeenRequest['headers'],
    body: Json,
  ): unknown {
    const segments = path.split('/');
    const rest = segments.slice(segments[1] === 'api' ? 3 : 4);
    if (rest[0] === 'namespaces' && rest.length > 2) rest.splice(0, 2);
    const [plural, name, subresource] = rest;
    const objectPath = subresource ? path.slice(0, path.lastIndexOf('/')) : path;
    if (plural === undefined) return { kind: 'APIResourceList', resources: [{ name: 'widgets' }] };
    if (plural === 'missing') throw new Refusal(404, 'text');
    if (method === 'POST') return this.#create(path, body as unknown as KubeObject);
    if (name === undefined) return this.#list(path, query);
    const current = this.#objects.get(objectPath);
    if (method === 'PATCH' && headers['content-type'] === 'application/apply-patch+yaml' && !current)
      return this.#create(objectPath.slice(0, objectPath.lastIndexOf('/')), body as unknown as KubeObject);
    if (!current) throw new Refusal(404, 'NotFound', `${plural} "${name}" not found`);
    if (method === 'GET') return current;
    if (method === 'DELETE') return this.#delete(objectPath, current, body);
    const expected = (body['metadata'] as Json | undefined)?.['resourceVersion'];
    if (expected !== undefined && expected !== current.metadata.resourceVersion)
      throw new Refusal(409, 'Conflict', 'the object has been modified');
    const change = subresource === 'status' ? { status: body['status'] } : body;
    return this.#put(
      objectPath,
      (method === 'PUT' && !subresource
        ? change
        : merge(current as unknown as Json, change)) as unknown as KubeObject,
      current,
    );
  }

  #list(path: string, query: URLSearchParams): unknown {
    const [version, skip] = (query.get('continue') ?? `${this.version}/0`).split('/').map(Number);
    if (version < this.#compacted) throw new Refusal(410, 'Expired', 'the continue token is too old');
    const limit = Number(query.get('limit') ?? 0) || Number.POSITIVE_INFINITY;
    const selected = [...this.#objects]
      .filter(([of, object]) => this.selects(path, query, of, object))
      .map(([, { apiVersion: _, kind: __, ...object }]) => object);
    const items = selected.slice(skip, skip + limit);
    const more = skip + items.length < selected.length;
    return {
      kind: 'List',
      metadata: {
        resourceVersion: `${version}`,
        ...(more && { continue: `${version}/${skip + items.length}` }),
      },
      items,
    };
  }

  #create(collection: string, object: KubeObject): KubeObject {
    const { generateName } = object.metadata;
    const name = object.metadata.name ?? `${generateName}${randomUUID().slice(0, 5)}`;
    const path = `${collection}/${name}`;
    if (this.#objects.has(path)) throw new Refusal(409, 'AlreadyExists', `"${name}" already exists`);
    return this.#store('ADDED', path, {
      ...object,
      metadata: {
        ...object.metadata,
        name,
        uid: randomUUID(),
        generation: 1,
        creationTimestamp: new Date().toISOString(),
        managedFields: [{ manager: 'spec' }],
      },
    });
  }

  #put(path: string, next: KubeObject, { metadata }: KubeObject): KubeObject {
    const { uid, creationTimestamp } = metadata;
    return this.#store('MODIFIED', path, {
      ...next,
      metadata: { ...next.metadata, uid, creationTimestamp, generation: (metadata.generation ?? 0) + 1 },
    });
  }

  #delete(path: string, current: KubeObject, options: Json | undefined): unknown {
    const conditions = (options?.['preconditions'] ?? {}) as Json;
    if (conditions['uid'] !== undefined && conditions['uid'] !== current.metadata.uid)
      throw new Refusal(409, 'Conflict', 'the precondition on the uid does not hold');
    this.#objects.delete(path);
    this.#record('DELETED', path, current);
    return { kind: 'Status', status: 'Success' };
  }

  #store(type: 'ADDED' | 'MODIFIED', path: string, object: KubeObject): KubeObject {
    const stored = this.#record(type, path, object);
    this.#objects.set(path, stored);
    return stored;
  }

  #record(type: Stored['type'], path: string, object: KubeObject): KubeObject {
    const version = ++this.version;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } };
    const event = { type, version, path, object: stored };
    this.#history.push(event);
    this.onEvent(event);
    return stored;
  }
}

function merge(before: Json, patch: Json): Json {
  const after = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete after[name];
    else if (typeof value === 'object' && !Array.isArray(value))
      after[name] = merge((after[name] as Json | undefined) ?? {}, value as Json);
    else after[name] = value;
  }
  return after;
}
