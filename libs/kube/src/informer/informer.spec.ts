import { KubeClient } from '../client/kube-client';
import { silentLogger } from '../logger';
import { keyOf, resourceType } from '../object';
import { eventually } from '../testing/eventually';
import { FakeApiServer, keysOf, type Widget, widget } from '../testing/fake-api-server';
import { byLabel, byOwnerUid } from './cache';
import { type Change, Informer, type InformerOptions } from './informer';

const widgets = resourceType<Widget>('example.io/v1', 'Widget', 'widgets');

describe('Informer', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  let started: Informer<Widget, unknown>[] = [];
  const seen: string[] = [];
  const reasons: string[] = [];

  async function start<C = Widget>(options: Partial<InformerOptions<Widget, C>> = {}, wait = true) {
    const informer = new Informer<Widget, C>({
      client,
      type: widgets,
      backoff: { baseMs: 20, maxMs: 200 },
      metrics: {
        objects: () => undefined,
        listed: (_, reason) => reasons.push(`listed: ${reason}`),
        watchEnded: (_, reason) => reasons.push(reason),
      },
      ...options,
    });
    started.push(informer as Informer<Widget, unknown>);
    informer.onChange(({ type, key }) => seen.push(`${type} ${key}`));
    informer.start();
    if (wait) await informer.synced();
    if (wait) await eventually(() => expect(server.watching).toBeGreaterThan(0));
    return informer;
  }

  const lists = () => server.requests.filter(({ query }) => query.has('limit')).length;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection(), retries: 0 });
    await client.create(widgets, widget('a', { size: 1 }, { team: 'x' }));
    seen.length = 0;
    reasons.length = 0;
  });

  afterEach(async () => {
    await Promise.all(started.map((informer) => informer.stop()));
    started = [];
    client.close();
    await server.stop();
  });

  /** The informer follows a change made now: it has survived. */
  async function follows(informer: Informer<Widget>) {
    const name = `n${server.store.version}`;
    // The server may be closing its connections of before.
    await client.create(widgets, widget(name), { retries: 5 });
    await eventually(() => expect(informer.get(`default/${name}`)?.metadata.name).toBe(name));
  }

  it('has the list, then follows what is added, changed and deleted', async () => {
    const informer = await start();
    expect(seen).toEqual(['added default/a']);
    await client.create(widgets, widget('b'));
    await client.mergePatch(widgets, { namespace: 'default', name: 'a' }, { spec: { size: 2 } });
    await client.delete(widgets, { namespace: 'default', name: 'b' });
    await eventually(() => expect(seen).toHaveLength(4));
    expect(seen.slice(1)).toEqual(['added default/b', 'updated default/a', 'deleted default/b']);
    expect(informer.get('default/a')?.spec).toEqual({ size: 2 });
    expect(informer.size).toBe(1);
    expect(lists()).toBe(1);
  });

  it('hands out objects that nobody can change, with their kind and without managedFields', async () => {
    const informer = await start();
    const object = informer.get('default/a')!;
    expect(object).toMatchObject({ apiVersion: 'example.io/v1', kind: 'Widget' });
    expect(object.metadata.managedFields).toBeUndefined();
    expect(() => {
      object.metadata.labels!['team'] = 'y';
    }).toThrow(TypeError);
  });

  it('caches only what project keeps, and finds it by indexes', async () => {
    const informer = await start({
      project: ({ apiVersion, kind, metadata, spec }) => ({ apiVersion, kind, metadata, size: spec?.size }),
      indexes: { team: byLabel('team'), owner: byOwnerUid },
    });
    const owned = widget('b', { size: 5, text: 'long' }, { team: 'x' });
    owned.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u1' }];
    await client.create(widgets, owned);
    await eventually(() => expect(informer.byIndex('owner', 'u1')).toMatchObject([{ size: 5 }]));
    expect(informer.byIndex('owner', 'u1')[0]).not.toHaveProperty('spec');
    expect(informer.byIndex('team', 'x')).toHaveLength(2);
    await client.mergePatch(
      widgets,
      { namespace: 'default', name: 'b' },
      { metadata: { labels: { team: 'y' } } },
    );
    await eventually(() => expect(informer.byIndex('team', 'y')).toHaveLength(1));
    expect(informer.byIndex('team', 'x')).toHaveLength(1);
    await client.delete(widgets, { namespace: 'default', name: 'b' });
    await eventually(() => expect(informer.byIndex('owner', 'u1')).toEqual([]));
    expect(() => informer.byIndex('size', '1')).toThrow('only team, owner');
  });

  it('watches only what it selects', async () => {
    const informer = await start({ namespace: 'default', labelSelector: 'team=x' });
    await client.create(widgets, widget('b', {}, { team: 'y' }));
    await client.create(widgets, widget('c', {}, { team: 'x' }));
    await eventually(() => expect(keysOf(informer.list())).toEqual(['default/a', 'default/c']));
  });

  it('gives handlers the last state of a deleted object, and survives a handler that throws', async () => {
    const changes: Change<Widget>[] = [];
    const errors: unknown[] = [];
    const informer = await start({ logger: { ...silentLogger, error: (fields) => errors.push(fields) } });
    informer.onChange(() => {
      throw new Error('a mistake');
    });
    informer.onChange((change) => changes.push(change));
    await client.mergePatch(widgets, { namespace: 'default', name: 'a' }, { spec: { size: 7 } });
    await client.delete(widgets, { namespace: 'default', name: 'a' });
    await eventually(() => expect(changes).toHaveLength(2));
    expect(changes[1]).toMatchObject({ type: 'deleted', object: { spec: { size: 7 } } });
    expect(errors).toHaveLength(2);
  });

  it('leaves out an object that project cannot read, and says so', async () => {
    const errors: string[] = [];
    const informer = await start({
      logger: { ...silentLogger, error: (_, message) => errors.push(message) },
      project: (object) => {
        if (object.spec?.text === 'bad') throw new Error('cannot read it');
        return object;
      },
    });
    await client.create(widgets, widget('bad', { text: 'bad' }));
    await client.create(widgets, widget('good'));
    await eventually(() => expect(informer.get('default/good')).toBeDefined());
    expect(informer.get('default/bad')).toBeUndefined();
    expect(errors).toEqual([expect.stringContaining('Cannot cache Widget default/bad')]);
  });

  describe('survives', () => {
    it('a first list that fails', async () => {
      server.misbehave(({ method }) => method === 'GET', { status: 500, body: 'no' }, 2);
      const informer = await start({}, false);
      await informer.synced();
      await follows(informer);
    });

    it('410 Expired: lists again and reports only what differs', async () => {
      const informer = await start();
      await client.create(widgets, widget('gone'));
      await client.create(widgets, widget('again'));
      await eventually(() => expect(seen).toHaveLength(3));
      // Nobody may watch while the changes are made.
      server.misbehave(({ query }) => query.has('watch'), { status: 503, body: 'away' }, 1);
      server.endWatches('reset');
      await client.delete(widgets, { namespace: 'default', name: 'gone' }, { retries: 5 });
      await client.delete(widgets, { namespace: 'default', name: 'again' });
      await client.create(widgets, widget('again'));
      server.compact();
      await eventually(() => expect(reasons).toContain('listed: Expired'));
      expect(seen.slice(3).sort()).toEqual([
        'added default/again',
        'deleted default/again',
        'deleted default/gone',
      ]);
      await follows(informer);
    });

    it('410 as the answer to the watch', async () => {
      const informer = await start();
      const body = { kind: 'Status', code: 410, reason: 'Gone', message: 'gone' };
      server.misbehave(({ query }) => query.has('watch'), { status: 410, body });
      server.endWatches('cleanly');
      await eventually(() => expect(reasons).toContain('listed: Expired'));
      await follows(informer);
    });

    it('a version that expires while it reads pages', async () => {
      for (let index = 0; index < 3; index++) await client.create(widgets, widget(`w${index}`));
      // The first page comes with 500 objects; the expired token is one that the server gives for any next page.
      const body = { kind: 'Status', code: 410, reason: 'Expired', message: 'token too old' };
      server.misbehave(({ query }) => query.has('limit'), { status: 410, body });
      const informer = await start();
      expect(informer.size).toBe(4);
      const [first, second] = server.requests.filter(({ method }) => method === 'GET');
      expect([first.query.has('limit'), second.query.has('limit')]).toEqual([true, false]);
    });

    it.each([
      ['a connection that is reset', () => server.endWatches('reset')],
      ['a watch that ends', () => server.endWatches('cleanly')],
      ['a line that is not JSON', () => server.sendRaw('{"type":"ADDED","object"\n')],
      ['an event without an object', () => server.sendRaw('{"type":"MODIFIED"}\n')],
      ['an event of an unknown type', () => server.sendRaw('{"type":"NEWS","object":{}}\n')],
      [
        'an error event other than Expired',
        () =>
          server.sendRaw('{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}\n'),
      ],
    ])('%s, and goes on without a new list', async (_, misbehave) => {
      const informer = await start();
      misbehave();
      await follows(informer);
      expect(lists()).toBe(1);
      expect(reasons.length).toBeGreaterThan(1);
    });

    it('a watch that is cut within a line', async () => {
      const informer = await start();
      server.sendRaw('{"type":"ADDED","obj');
      server.endWatches('cleanly');
      await follows(informer);
    });

    it.each([429, 500, 503, 401, 403])('an answer %i to the watch', async (status) => {
      const informer = await start();
      server.misbehave(({ query }) => query.has('watch'), { status, body: 'no' }, 2);
      server.endWatches('reset');
      await follows(informer);
      expect(reasons.length).toBeGreaterThan(3);
    });

    it('a server that is away for a while and comes back: without a new list', async () => {
      const informer = await start();
      await server.stop();
      await eventually(() =>
        expect(reasons.filter((reason) => reason === 'Unavailable').length).toBeGreaterThan(6),
      );
      await server.listen();
      await follows(informer);
      expect(reasons.filter((reason) => reason.startsWith('listed'))).toEqual(['listed: first']);
    });

    it('credentials that rotate', async () => {
      let token = 'old';
      server.token = 'old';
      client = new KubeClient({ connection: server.connection(() => token), retries: 0 });
      const informer = await start();
      server.token = 'new';
      token = 'new';
      server.endWatches('reset');
      await eventually(() => expect(server.watching).toBe(1));
      await follows(informer);
    });

    it('a watch that goes silent, but not one that brings bookmarks', async () => {
      const informer = await start({ silentAfterMs: 400 });
      for (let index = 0; index < 6; index++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        server.sendBookmarks();
      }
      expect(reasons).toEqual(['listed: first']);
      await eventually(() => expect(reasons).toContain('Timeout'));
      await follows(informer);
      expect(lists()).toBe(1);
    });

    it('watches that never bring anything: it lists again', async () => {
      await start();
      const body = { kind: 'Status', code: 504, reason: 'Timeout', message: 'Too large resource version' };
      server.misbehave(({ query }) => query.has('watch'), { status: 504, body }, 5);
      server.endWatches('reset');
      await eventually(() => expect(lists()).toBe(2), 30_000);
    });

    it('a version that the server does not have yet: it lists at once', async () => {
      await start();
      const body = {
        kind: 'Status',
        code: 504,
        reason: 'Timeout',
        details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] },
      };
      server.misbehave(({ query }) => query.has('watch'), { status: 504, body });
      server.endWatches('reset');
      await eventually(() => expect(reasons).toContain('listed: Timeout'));
    });
  });

  it('has the same objects as the server after a storm of changes and faults', async () => {
    const informer = await start({ indexes: { size: ({ spec }) => [`${spec?.size}`] } });
    const mirror = new Map<string, string | undefined>([
      ['default/a', informer.get('default/a')?.metadata.uid],
    ]);
    informer.onChange(({ type, key, object }) => {
      // A handler that misses a change, or sees one twice, keeps another picture.
      if (type === 'deleted') mirror.delete(key);
      else mirror.set(key, object.metadata.uid);
    });
    const patient = new KubeClient({
      connection: server.connection(),
      retries: 50,
      qps: 10_000,
      burst: 1_000,
    });
    const faults = [
      () => server.endWatches('reset'),
      () => server.endWatches('cleanly'),
      () => server.sendRaw('{"type":"ADD'),
      () => server.sendRaw('nonsense\n'),
      () => {
        server.endWatches('reset');
        server.compact();
      },
      () => server.sendBookmarks(),
      () => server.misbehave(({ query }) => query.has('watch'), { status: 500, body: 'no' }),
      () => server.misbehave(({ query }) => query.has('limit'), { status: 429, body: 'no' }),
      () => server.misbehave(({ query }) => query.has('limit'), { reset: 'before' }),
      async () => {
        await server.stop();
        await server.listen();
      },
    ];
    for (let step = 0; step < 200; step++) {
      const name = { namespace: 'default', name: `w${(step * 7) % 23}` };
      const exists = await patient.find(widgets, name);
      if (!exists) await patient.apply(widgets, widget(name.name, { size: step }), { fieldManager: 'spec' });
      else if (step % 3 === 0)
        await patient.delete(widgets, name, { preconditions: { uid: exists.metadata.uid } });
      else await patient.mergePatch(widgets, name, { spec: { size: step } });
      if (step % 5 === 0) await faults[(step / 5) % faults.length]();
    }
    const { items } = await patient.list(widgets);
    const expected = Object.fromEntries(items.map((item) => [keyOf(item), item.metadata.resourceVersion]));
    await eventually(() =>
      expect(
        Object.fromEntries(informer.list().map((item) => [keyOf(item), item.metadata.resourceVersion])),
      ).toEqual(expected),
    );
    expect(Object.fromEntries(mirror)).toEqual(
      Object.fromEntries(items.map((item) => [keyOf(item), item.metadata.uid])),
    );
    for (const item of items)
      expect(informer.byIndex('size', `${item.spec?.size}`).map(keyOf)).toContain(keyOf(item));
    expect(reasons.filter((reason) => reason.startsWith('listed')).length).toBeGreaterThan(1);
    patient.close();
  });

  it('begins a watch where the last bookmark was', async () => {
    const informer = await start();
    // A kind that it does not watch moves the version.
    await client.create(resourceType('v1', 'Other', 'others'), {
      apiVersion: 'v1',
      kind: 'Other',
      metadata: { name: 'o', namespace: 'default' },
    });
    server.sendBookmarks();
    server.compact();
    server.sendBookmarks();
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.endWatches('reset');
    await follows(informer);
    expect(reasons.filter((reason) => reason.startsWith('listed'))).toEqual(['listed: first']);
  });

  it('stops at once, also before its first list', async () => {
    server.misbehave(() => true, { delayMs: 5_000 }, 9);
    const informer = await start({}, false);
    const synced = informer.synced();
    await informer.stop();
    await expect(synced).rejects.toThrow('stopped before its first list');
    expect(informer.hasSynced).toBe(false);
  });
});
