import { resourceType } from '../object';
import { FakeApiServer, keysOf, type Widget, widget } from '../testing/fake-api-server';
import type { KubeClientOptions } from './caller';
import { NotLeaderError } from './fence';
import { KubeClient } from './kube-client';
import { KubeError } from './kube-error';

const widgets = resourceType<Widget>('example.io/v1', 'Widget', 'widgets');
const a = { namespace: 'default', name: 'a' };

describe('KubeClient', () => {
  let server: FakeApiServer;
  const calls: string[] = [];
  const clients: KubeClient[] = [];

  const client = (options: Partial<KubeClientOptions> = {}) => {
    const made = new KubeClient({
      connection: server.connection(),
      metrics: { call: ({ verb, resource, code }) => calls.push(`${verb} ${resource} ${code}`) },
      ...options,
    });
    clients.push(made);
    return made;
  };

  beforeEach(async () => {
    server = await FakeApiServer.start();
    calls.length = 0;
  });

  afterEach(async () => {
    for (const made of clients.splice(0)) made.close();
    await server.stop();
  });

  it('creates, reads, patches, replaces and deletes objects of any kind, and counts the calls', async () => {
    const kube = client();
    const created = await kube.create(widgets, widget('a', { size: 1 }));
    expect(created.metadata.uid).toBeDefined();
    expect(await kube.get(widgets, a)).toEqual(created);
    const patched = await kube.mergePatch(widgets, a, { spec: { size: null, text: 'x' } });
    expect(patched.spec).toEqual({ text: 'x' });
    await kube.apply(
      widgets,
      { ...widget('a'), spec: undefined, status: { phase: 'Ready' } },
      { fieldManager: 'us', subresource: 'status', force: true },
    );
    await expect(kube.replace(widgets, { ...created, spec: { size: 9 } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect((await kube.get(widgets, a)).status).toEqual({ phase: 'Ready' });
    expect(await kube.delete(widgets, a)).toBe(true);
    expect(await kube.delete(widgets, a)).toBe(false);
    expect(await kube.find(widgets, a)).toBeUndefined();
    expect(calls).toEqual([
      'create widgets 201',
      'get widgets 200',
      'patch widgets 200',
      'apply widgets/status 200',
      'update widgets 409',
      'get widgets 200',
      'delete widgets 200',
      'delete widgets 404',
      'get widgets 404',
    ]);
  });

  it('sends an apply with its content type, manager and force, and a delete with policy and preconditions', async () => {
    const kube = client();
    const { metadata } = await kube.apply(widgets, widget('a', { size: 2 }), {
      fieldManager: 'us',
      force: true,
    });
    await expect(kube.delete(widgets, a, { preconditions: { uid: 'other' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    await kube.delete(widgets, a, { preconditions: { uid: metadata.uid }, propagationPolicy: 'Foreground' });
    const [apply, , remove] = server.requests;
    expect(apply.headers['content-type']).toBe('application/apply-patch+yaml');
    expect(`${apply.query}`).toBe('fieldManager=us&force=true');
    expect(remove.body).toMatchObject({
      propagationPolicy: 'Foreground',
      preconditions: { uid: metadata.uid },
    });
  });

  it('reads a list page by page and gives its objects their kind', async () => {
    const kube = client();
    for (let index = 0; index < 7; index++)
      await kube.create(widgets, widget(`w${index}`, {}, { odd: `${index % 2}` }));
    const { items } = await kube.list(widgets, { pageSize: 3 });
    expect(keysOf(items)).toHaveLength(7);
    expect(items[0]).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Widget' });
    expect(calls.filter((call) => call === 'list widgets 200')).toHaveLength(3);
    const odd = await kube.list(widgets, { namespace: 'default', labelSelector: 'odd=1' });
    expect(keysOf(odd.items)).toEqual(['default/w1', 'default/w3', 'default/w5']);
  });

  it('tells a missing kind from a missing object', async () => {
    server.misbehave(() => true, { status: 404, body: '404 page not found' }, 2);
    const kube = client();
    const error = await kube.find(widgets, a).catch((caught) => caught);
    expect(error).toMatchObject({ reason: 'KindNotFound', status: 404 });
    expect(error.message).toContain('CustomResourceDefinition');
    expect(await kube.serves(widgets)).toBe(false);
    // It remembers that the kind is missing.
    expect(await kube.serves(widgets)).toBe(false);
    expect(server.requests).toHaveLength(2);
    expect(await client().serves(widgets)).toBe(true);
  });

  it('names the refused fields', async () => {
    const details = {
      causes: [{ reason: 'FieldValueInvalid', message: 'must be at least 1', field: 'spec.size' }],
    };
    server.misbehave(() => true, {
      status: 422,
      body: { kind: 'Status', code: 422, reason: 'Invalid', message: 'Widget "a" is invalid', details },
    });
    await expect(client().create(widgets, widget('a'))).rejects.toMatchObject({
      name: 'KubeError',
      status: 422,
      reason: 'Invalid',
      causes: details.causes,
      message: 'create widgets a: Widget "a" is invalid',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('waits as long as a 429 asks for, then repeats any call', async () => {
    server.misbehave(() => true, { status: 429, headers: { 'retry-after': '1' }, body: 'slow down' });
    const start = performance.now();
    await client().create(widgets, widget('a'));
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
    expect(calls).toEqual(['create widgets 429', 'create widgets 201']);
  });

  it('repeats reads, applies and guarded deletes after a lost connection, a 500 and an answer that is not JSON', async () => {
    const kube = client();
    server.misbehave(({ method }) => method === 'PATCH', { reset: 'after' });
    const { metadata } = await kube.apply(widgets, widget('a'), { fieldManager: 'us' });
    server.misbehave(({ method }) => method === 'GET', { status: 500, body: 'boom' });
    server.misbehave(({ method }) => method === 'GET', { status: 200, body: '{"half' });
    await kube.get(widgets, a);
    server.misbehave(({ method }) => method === 'DELETE', { reset: 'after' });
    expect(await kube.delete(widgets, a, { preconditions: { uid: metadata.uid } })).toBe(false);
    expect(calls).toEqual([
      'apply widgets none',
      'apply widgets 200',
      'get widgets 500',
      'get widgets 200',
      'get widgets 200',
      'delete widgets none',
      'delete widgets 404',
    ]);
  });

  it('does not repeat a create, a compare-and-swap or an unguarded delete whose outcome is unknown', async () => {
    const kube = client();
    const created = await kube.create(widgets, widget('a'));
    server.misbehave(({ method }) => method !== 'GET', { reset: 'after' }, 3);
    const unavailable = { status: 0, reason: 'Unavailable' };
    await expect(kube.create(widgets, widget('b'))).rejects.toMatchObject(unavailable);
    await expect(kube.replace(widgets, created)).rejects.toMatchObject(unavailable);
    await expect(kube.delete(widgets, a)).rejects.toMatchObject(unavailable);
    expect(calls).toHaveLength(4);
  });

  it('repeats a create when the server cannot have seen it', async () => {
    const kube = client({ retries: 20 });
    await server.stop();
    const created = kube.create(widgets, widget('a'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.listen();
    expect((await created).metadata.name).toBe('a');
    expect(calls.at(-1)).toBe('create widgets 201');
    expect(calls.length).toBeGreaterThan(1);
  });

  it('gives up a call that takes too long', async () => {
    server.misbehave(() => true, { delayMs: 500 }, 9);
    const error = await client({ timeoutMs: 50, retries: 1 })
      .get(widgets, a)
      .catch((caught) => caught);
    expect(error).toMatchObject({ reason: 'Timeout', status: 0 });
    expect(error.message).toContain('50 ms');
    expect(calls).toEqual(['get widgets none', 'get widgets none']);
  });

  it('ends a call when its signal is aborted, also while it waits for the rate limit', async () => {
    server.misbehave(() => true, { delayMs: 2_000 }, 9);
    const kube = client({ maxConcurrent: 1 });
    const signal = AbortSignal.timeout(50);
    const start = performance.now();
    const results = await Promise.allSettled([
      kube.get(widgets, a, { signal }),
      kube.get(widgets, a, { signal }),
    ]);
    for (const result of results) expect(result).toMatchObject({ reason: { reason: 'Aborted' } });
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('reads the credentials again when the server refuses them', async () => {
    let token = 'old';
    server.token = 'old';
    const kube = client({ connection: server.connection(() => token) });
    await kube.create(widgets, widget('a'));
    server.token = 'new';
    token = 'new';
    await kube.get(widgets, a);
    expect(calls).toEqual(['create widgets 201', 'get widgets 401', 'get widgets 200']);
    server.token = 'another';
    await expect(kube.get(widgets, a)).rejects.toMatchObject({ reason: 'Unauthorized' });
  });

  it('keeps to its rate and its concurrency', async () => {
    await client().create(widgets, widget('a'));
    const kube = client({ qps: 100, burst: 5 });
    const start = performance.now();
    await Promise.all(Array.from({ length: 25 }, () => kube.get(widgets, a)));
    // 5 at once, then 20 at 100 a second.
    expect(performance.now() - start).toBeGreaterThanOrEqual(190);

    server.misbehave(() => true, { delayMs: 40 }, 6);
    const narrow = client({ maxConcurrent: 2 });
    const from = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => narrow.get(widgets, a)));
    expect(performance.now() - from).toBeGreaterThanOrEqual(110);
  });

  it('refuses the writes of a process that no longer leads, and cuts off those under way', async () => {
    let remaining = 1_000;
    const kube = client().fenced({ remainingMs: () => remaining, leaseRemainingMs: () => remaining });
    await kube.create(widgets, widget('a'));
    remaining = 50;
    server.misbehave(() => true, { delayMs: 500 });
    await expect(kube.mergePatch(widgets, a, { spec: {} }, { retries: 0 })).rejects.toMatchObject({
      reason: 'Timeout',
    });
    remaining = 0;
    const seen = server.requests.length;
    await expect(kube.delete(widgets, a)).rejects.toBeInstanceOf(NotLeaderError);
    await expect(kube.apply(widgets, widget('a'), { fieldManager: 'us' })).rejects.toThrow(
      'does not hold the lease',
    );
    expect(server.requests).toHaveLength(seen);
    expect(calls).toHaveLength(seen);
    // Reading does no harm.
    await kube.get(widgets, a);
  });

  it('refuses an object without a name or namespace before it asks the server', async () => {
    await expect(client().get(widgets, { name: 'a' })).rejects.toThrow(
      'Widget a: metadata.namespace is missing',
    );
    await expect(client().create(widgets, { ...widget('a'), metadata: { name: 'a' } })).rejects.toThrow(
      'namespace',
    );
    expect(server.requests).toHaveLength(0);
    expect(KubeError.is(new Error('x'))).toBe(false);
  });
});
