import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient } from './client/kube-client';
import { type ElectionEnd, LeaderElection, type LeaderElectionOptions } from './leader-election';
import { type KubeObject, resourceType } from './object';
import { eventually } from './testing/eventually';
import { FakeApiServer } from './testing/fake-api-server';

interface Lease extends KubeObject {
  spec: Record<string, string | number>;
}

const leases = resourceType<Lease>('coordination.k8s.io/v1', 'Lease', 'leases');
const name = { namespace: 'default', name: 'operator' };
/** So short that specs are quick, so long that a busy machine does not lose a lease by itself. */
const TIMES = { leaseDurationMs: 2_000, renewDeadlineMs: 1_400, retryPeriodMs: 150 };

/** Waits for the end of leadership, as a leader does. */
const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

describe('LeaderElection', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  const ends: Promise<ElectionEnd>[] = [];
  const stops: AbortController[] = [];

  /** A process that wants to lead. */
  function candidate(identity: string, options: Partial<LeaderElectionOptions> = {}, work = until) {
    const stop = new AbortController();
    const election = new LeaderElection({ client, ...name, identity, ...TIMES, ...options });
    const state: { led?: number; lostAt?: number; reason?: Error } = {};
    const end = election.run(async (leadership) => {
      state.led = performance.now();
      leadership.addEventListener('abort', () => {
        state.lostAt = performance.now();
        state.reason = leadership.reason;
      });
      await work(leadership);
    }, stop.signal);
    ends.push(end);
    stops.push(stop);
    return { election, stop: () => stop.abort(), end, state };
  }

  const lease = () => client.get(leases, name);

  beforeEach(async () => {
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection() });
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    for (const stop of stops.splice(0)) stop.abort();
    await Promise.allSettled(ends.splice(0));
    client.close();
    await server.stop();
  });

  it('lets one lead, renews, and hands over at once when the leader stops', async () => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    const b = candidate('b');
    await sleep(TIMES.leaseDurationMs + 400);
    expect(b.state.led).toBeUndefined();
    expect(b.election.leader).toBe('a');
    expect(a.election.isLeader()).toBe(true);
    expect((await lease()).spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 2,
      leaseTransitions: 0,
    });

    const stopped = performance.now();
    a.stop();
    expect(await a.end).toBe('stopped');
    expect(a.election.isLeader()).toBe(false);
    await eventually(() => expect(b.state.led).toBeDefined());
    expect(b.state.led! - stopped).toBeLessThan(TIMES.leaseDurationMs / 2);
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('renews until the work of the leader has ended, then releases', async () => {
    let working = true;
    const a = candidate('a', {}, async (leadership) => {
      await until(leadership);
      await sleep(TIMES.leaseDurationMs + 400);
      working = false;
    });
    await eventually(() => expect(a.state.led).toBeDefined());
    const b = candidate('b');
    a.stop();
    await sleep(TIMES.leaseDurationMs + 200);
    expect(a.election.isLeader()).toBe(true);
    expect(b.state.led).toBeUndefined();
    await eventually(() => expect(b.state.led).toBeDefined());
    expect(working).toBe(false);
  });

  it('releases when the work ends by itself, and when it fails', async () => {
    const a = candidate('a', {}, async () => undefined);
    expect(await a.end).toBe('done');
    expect((await lease()).spec).toMatchObject({ holderIdentity: '' });
    const b = candidate('b', {}, async () => {
      throw new Error('no configuration');
    });
    await expect(b.end).rejects.toThrow('no configuration');
    expect((await lease()).spec).toMatchObject({ holderIdentity: '' });
  });

  it.each(['1970-01-01T00:00:00.000000Z', '2100-01-01T00:00:00.000000Z'])(
    'takes over from a leader that is gone after the lease by its own clock, whatever time it wrote: %s',
    async (renewTime) => {
      await client.create(leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: name,
        spec: { holderIdentity: 'gone', leaseDurationSeconds: 1, renewTime, leaseTransitions: 4 },
      });
      const start = performance.now();
      const a = candidate('a');
      await eventually(() => expect(a.state.led).toBeDefined());
      expect(a.state.led! - start).toBeGreaterThanOrEqual(1_000);
      expect(a.state.led! - start).toBeLessThan(3_000);
      expect((await lease()).spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 5 });
    },
  );

  it('does not take over earlier because its wall clock is set forward', async () => {
    const changes: string[] = [];
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    const b = candidate('b', { onLeaderChange: (identity) => changes.push(identity) });
    await sleep(250);
    // The clock of this machine: the leader steps down, as it cannot know how long it stood still.
    const wall = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => wall() + 3_600_000);
    const set = performance.now();
    expect(await a.end).toBe('lost');
    await eventually(() => expect(b.state.led).toBeDefined());
    expect(b.state.led! - set).toBeGreaterThan(TIMES.leaseDurationMs - 2 * TIMES.retryPeriodMs);
    expect(changes).toEqual(['a', 'b']);
  });

  it('loses the lease before others may take it when the API server is away', async () => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    await sleep(250);
    const away = performance.now();
    await server.stop();
    expect(await a.end).toBe('lost');
    const after = a.state.lostAt! - away;
    expect(after).toBeGreaterThanOrEqual(TIMES.renewDeadlineMs - TIMES.retryPeriodMs - 50);
    expect(after).toBeLessThan(TIMES.leaseDurationMs - TIMES.retryPeriodMs);
    expect(a.state.reason?.message).toContain('lost the lease');
    await server.listen();
    // It has not released what it no longer held.
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'a' });
  });

  it('loses the lease when the API server does not answer in time', async () => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    server.misbehave(({ path }) => path.includes('leases'), { delayMs: 6_000 }, 99);
    const slow = performance.now();
    expect(await a.end).toBe('lost');
    expect(a.state.lostAt! - slow).toBeLessThan(TIMES.renewDeadlineMs + 100);
  });

  it('loses the lease when somebody else has it', async () => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    await client.mergePatch(leases, name, { spec: { holderIdentity: 'thief' } });
    expect(await a.end).toBe('lost');
    expect(a.state.reason?.message).toContain('thief holds it now');
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'thief' });
  });

  it('keeps the lease when answers are lost, and when somebody else writes a label', async () => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    for (let round = 0; round < 3; round++) {
      server.misbehave(({ method }) => method === 'PUT', { reset: 'after' });
      await client.mergePatch(leases, name, { metadata: { labels: { round: `${round}` } } });
      await sleep(400);
    }
    expect(a.election.isLeader()).toBe(true);
    expect((await lease()).metadata.labels).toEqual({ round: '2' });
  });

  it.each([
    ['the monotonic clock', () => jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 1_500)],
    ['the wall clock', () => jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_500)],
  ])('knows that it may have been replaced while it stood still, by %s', async (_, jump) => {
    const a = candidate('a');
    await eventually(() => expect(a.state.led).toBeDefined());
    expect(a.election.remainingMs()).toBeGreaterThan(500);
    expect(Math.round(a.election.leaseRemainingMs() - a.election.remainingMs())).toBe(600);
    jump();
    // At once: no timer has run since.
    expect(a.election.isLeader()).toBe(false);
    await expect(client.fenced(a.election).create(leases, await lease())).rejects.toThrow(
      'does not hold the lease',
    );
    expect(await a.end).toBe('lost');
  });

  it('never lets two act at once, also while the API server misbehaves', async () => {
    let acting: string | undefined;
    const overlaps: string[] = [];
    const led = new Set<string>();
    let end = false;
    const workers = ['a', 'b', 'c', 'd'].map(async (identity) => {
      while (!end) {
        const own: KubeClient = new KubeClient({ connection: server.connection(), qps: 1_000 });
        const {
          stop,
          end: over,
          election,
        } = candidate(identity, { client: own }, async (leadership) => {
          for (let step = 0; step < 20 && !leadership.aborted; step++) {
            if (!election.isLeader()) break;
            if (acting !== undefined && acting !== identity) overlaps.push(`${acting} and ${identity}`);
            acting = identity;
            led.add(identity);
            await sleep(20);
          }
          // What it began has ended.
          if (acting === identity) acting = undefined;
        });
        await Promise.race([over, sleep(4_000, undefined, { ref: false })]);
        stop();
        await over;
        own.close();
        // Gives the others a chance.
        await sleep(150);
      }
    });
    const faults = [
      { reset: 'after' },
      { status: 500, body: 'no' },
      { reset: 'before' },
      { delayMs: 900 },
    ] as const;
    for (let fault = 0; fault < 24; fault++) {
      await sleep(300);
      server.misbehave(
        ({ method, path }) => path.includes('leases') && (fault % 2 === 1 || method === 'PUT'),
        faults[fault % 4],
      );
    }
    end = true;
    await Promise.all(workers);
    expect(overlaps).toEqual([]);
    expect(led.size).toBeGreaterThan(1);
  }, 30_000);

  it('refuses times that cannot work', () => {
    expect(() => new LeaderElection({ client, ...name, leaseDurationMs: 5_000 })).toThrow(
      'leaseDurationMs 5000 must be longer than renewDeadlineMs 10000',
    );
  });
});
