import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient } from './client/kube-client';
import { EventRecorder } from './event-recorder';
import { silentLogger } from './logger';
import { type KubeObject, resourceType } from './object';
import { FakeApiServer, widget } from './testing/fake-api-server';

interface Event extends KubeObject {
  involvedObject: Record<string, string>;
  reason: string;
  message: string;
  count: number;
  type: string;
}

const events = resourceType<Event>('v1', 'Event', 'events');
const about = (name: string) => ({
  ...widget(name),
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
});
const started = { type: 'Normal', reason: 'Started', message: 'stage sft has started' } as const;

describe('EventRecorder', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  let recorder: EventRecorder;
  const warnings: string[] = [];

  const written = async () => {
    await recorder.flush();
    return (await client.list(events)).items;
  };

  beforeEach(async () => {
    warnings.length = 0;
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection(), retries: 0, qps: 1_000, burst: 1_000 });
    recorder = new EventRecorder({
      client,
      component: 'operator',
      instance: 'pod-1',
      logger: { ...silentLogger, warn: (_, message) => warnings.push(message) },
    });
  });

  afterEach(async () => {
    client.close();
    await server.stop();
  });

  it('writes what kubectl describe shows', async () => {
    recorder.record(about('a'), { ...started, action: 'CreateJob' });
    const [event] = await written();
    expect(event).toMatchObject({
      type: 'Normal',
      reason: 'Started',
      message: 'stage sft has started',
      action: 'CreateJob',
      count: 1,
      involvedObject: {
        apiVersion: 'example.io/v1',
        kind: 'Widget',
        name: 'a',
        namespace: 'default',
        uid: 'uid-a',
      },
      source: { component: 'operator', host: 'pod-1' },
      reportingComponent: 'operator',
      reportingInstance: 'pod-1',
    });
    expect(event.metadata.name).toMatch(/^a\./);
    expect(event).toMatchObject({ firstTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) });
  });

  it('counts a repetition up, and tells objects, reasons and messages apart', async () => {
    for (let time = 0; time < 5; time++) recorder.record(about('a'), started);
    recorder.record(about('b'), started);
    recorder.record(about('a'), { ...started, message: 'stage ppo has started' });
    const all = await written();
    expect(all.map(({ count }) => count).sort()).toEqual([1, 1, 5]);
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('combines many that differ only in the message', async () => {
    for (let step = 0; step < 20; step++)
      recorder.record(about('a'), { ...started, message: `step ${step}` });
    const all = await written();
    expect(all).toHaveLength(10);
    expect(all.find(({ count }) => count > 1)).toMatchObject({
      count: 11,
      message: '(combined from similar events): step 19',
    });
  });

  it('gives an object 25 at once, and then none for a while, without harm to others', async () => {
    for (let time = 0; time < 100; time++) recorder.record(about('a'), started);
    recorder.record(about('b'), started);
    expect((await written()).map(({ count }) => count).sort()).toEqual([1, 25]);
  });

  it('creates an Event again when the old one has expired', async () => {
    recorder.record(about('a'), started);
    const [first] = await written();
    await client.delete(events, { namespace: 'default', name: first.metadata.name! });
    recorder.record(about('a'), started);
    expect(await written()).toMatchObject([{ count: 1 }]);
  });

  it('never throws, says once that it cannot write, and goes on when the API server is back', async () => {
    await server.stop();
    for (let time = 0; time < 3; time++) recorder.record(about('a'), started);
    await recorder.flush();
    expect(warnings).toEqual([expect.stringContaining('Cannot write an Event')]);
    await server.listen();
    recorder.record(about('a'), started);
    expect(await written()).toMatchObject([{ count: 1 }]);
  });

  it('returns at once, also when the API server is slow', async () => {
    server.misbehave(() => true, { delayMs: 200 });
    const start = performance.now();
    recorder.record(about('a'), started);
    expect(performance.now() - start).toBeLessThan(50);
    await sleep(20);
    expect(await written()).toHaveLength(1);
  });

  it('cuts a message that the API server would refuse', async () => {
    recorder.record(about('a'), { ...started, message: 'ü'.repeat(2_000) });
    const [{ message }] = await written();
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
    expect(message).not.toContain('\uFFFD');
  });
});
