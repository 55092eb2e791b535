import { KubeClient } from './client/kube-client';
import { KubeError } from './client/kube-error';
import { Controller, type ControllerOptions, ownedBy, watches } from './controller';
import { Informer } from './informer/informer';
import { silentLogger } from './logger';
import { ownerReference, resourceType } from './object';
import { eventually } from './testing/eventually';
import { FakeApiServer, type Widget, widget } from './testing/fake-api-server';

const widgets = resourceType<Widget>('example.io/v1', 'Widget', 'widgets');
const parts = resourceType<Widget>('example.io/v1', 'Part', 'parts');

describe('Controller', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  let informers: { widgets: Informer<Widget>; parts: Informer<Widget> };
  const controllers: Controller[] = [];
  const reconciled: string[] = [];

  function controller(options: Partial<ControllerOptions> = {}) {
    const made = new Controller({
      name: 'widgets',
      reconcile: async (key) => {
        reconciled.push(key);
      },
      sources: [
        watches(informers.widgets),
        watches(informers.parts, ownedBy({ apiVersion: 'example.io/v2', kind: 'Widget' })),
      ],
      ...options,
    });
    controllers.push(made);
    return made;
  }

  beforeEach(async () => {
    reconciled.length = 0;
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection() });
    informers = {
      widgets: new Informer({ client, type: widgets }),
      parts: new Informer({ client, type: parts }),
    };
  });

  afterEach(async () => {
    for (const made of controllers.splice(0)) await made.stop(0);
    await Promise.all(Object.values(informers).map((informer) => informer.stop()));
    client.close();
    await server.stop();
  });

  it('reconciles nothing before all of its sources have their first list', async () => {
    await client.create(widgets, widget('a'));
    const started = controller().start();
    informers.widgets.start();
    await informers.widgets.synced();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reconciled).toEqual([]);
    informers.parts.start();
    await started;
    await eventually(() => expect(reconciled).toEqual(['default/a']));
  });

  it('reconciles an object when it or a child that it controls changes, of whatever version', async () => {
    for (const informer of Object.values(informers)) informer.start();
    await controller().start();
    const a = await client.create(widgets, widget('a'));
    await eventually(() => expect(reconciled).toEqual(['default/a']));
    const part = { ...widget('p'), kind: 'Part' };
    part.metadata.ownerReferences = [ownerReference(a)];
    await client.create(parts, part);
    await eventually(() => expect(reconciled).toEqual(['default/a', 'default/a']));
    // Owned, but controlled by nobody; and controlled by another kind.
    await client.create(parts, {
      ...part,
      metadata: { ...part.metadata, name: 'q', ownerReferences: [ownerReference(a, false)] },
    });
    await client.create(parts, {
      ...part,
      metadata: { ...part.metadata, name: 'r', ownerReferences: [{ ...ownerReference(a), kind: 'Gadget' }] },
    });
    // It leaves its owner: that is a change for the owner.
    await client.mergePatch(
      parts,
      { namespace: 'default', name: 'p' },
      { metadata: { ownerReferences: null } },
    );
    await eventually(() => expect(reconciled).toHaveLength(3));
    await client.delete(widgets, { namespace: 'default', name: 'a' });
    await eventually(() => expect(reconciled).toHaveLength(4));
    expect(new Set(reconciled)).toEqual(new Set(['default/a']));
  });

  it('logs each message of a key once, a conflict not at all, and that it succeeds again', async () => {
    const logged: string[] = [];
    const errors: (Error | undefined)[] = [
      new Error('no quota'),
      new Error('no quota'),
      new KubeError({ status: 409, reason: 'Conflict', message: 'changed' }),
      new Error('no quota'),
      new Error('no node'),
    ];
    for (const informer of Object.values(informers)) informer.start();
    const made = controller({
      backoff: { baseMs: 1, maxMs: 1 },
      logger: {
        ...silentLogger,
        warn: (_, message) => logged.push(message),
        info: (_, message) => logged.push(message),
      },
      reconcile: async (key) => {
        reconciled.push(key);
        const error = errors.shift();
        if (error) throw error;
      },
    });
    await made.start();
    made.enqueue('default/x');
    await eventually(() => expect(reconciled).toHaveLength(6));
    expect(logged).toEqual([
      'widgets: default/x failed and is tried again: no quota',
      'widgets: default/x failed and is tried again: no node',
      'widgets: default/x succeeds again',
    ]);
  });

  it('reconciles every object again from time to time, but not the children by themselves', async () => {
    await client.create(widgets, widget('a'));
    await client.create(widgets, widget('b'));
    await client.create(parts, { ...widget('p'), kind: 'Part' });
    for (const informer of Object.values(informers)) informer.start();
    await controller({ resyncMs: 100 }).start();
    await eventually(() => expect(reconciled.length).toBeGreaterThanOrEqual(8));
    expect(new Set(reconciled)).toEqual(new Set(['default/a', 'default/b']));
  });

  it('reconciles nothing after it was stopped', async () => {
    for (const informer of Object.values(informers)) informer.start();
    const made = controller();
    await made.start();
    expect(await made.stop()).toBe(true);
    await client.create(widgets, widget('a'));
    await eventually(() => expect(informers.widgets.size).toBe(1));
    expect(reconciled).toEqual([]);
  });
});
