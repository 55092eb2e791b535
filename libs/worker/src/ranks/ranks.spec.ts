import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { oneRunRules } from '../attempt-rules';
import type { OneRunEnd } from '../one-run/one-run-end';
import { STEPS } from '../testing/tiny-request';
import { World } from '../testing/world';
import { followRun } from './follow-run';
import { Link } from './link';
import { RanksApart, runPort } from './messages';
import { RankFollower } from './rank-follower';
import { RankLeader } from './rank-leader';
import { ranksOfRun } from './ranks-of-run';

const TOKEN = 'a secret of this spec';
const PATIENCE_MS = 60_000;
const never = new AbortController().signal;
const end: OneRunEnd = { outcome: 'completed', exitCode: 0, step: 3 };

let group: { size: number; host: string; port: number; token: string };
let stops: number[];
let losses: string[];

beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  group = { size: 2, host: '127.0.0.1', port, token: TOKEN };
  [stops, losses] = [[], []];
});

function newLeader(size = 2): RankLeader {
  const onStop = (number: number) => stops.push(number);
  const onLost = (reason: string) => losses.push(reason);
  return new RankLeader({ ...group, size, rank: 0 }, { onStop, onLost });
}
/** The link of a rank, which does as the spec says. */
const newLink = (rank: number, token = TOKEN) => {
  const link = new Link<object, object>(connect(runPort(group), group.host));
  link.send({ rank, token });
  return link;
};
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the ranks of a run', () => {
  it('have one leader: it decides, and the others follow', async () => {
    const leader = newLeader();
    const following = RankFollower.join({ ...group, rank: 1 }, never, PATIENCE_MS);
    await leader.meet(never, PATIENCE_MS);
    leader.begin(null);
    const follower = await following;
    expect(await follower.begin).toBeNull();

    const stop = new AbortController();
    const { signal, agree } = leader.agreeing(stop.signal);
    await agree();
    await follower.agree();
    follower.askToStop(15);
    await until(() => stops.length > 0);
    expect(stops).toEqual([15]);
    stop.abort();
    // Not before the point where all agree.
    expect([signal.aborted, follower.stopped.aborted]).toEqual([false, false]);
    await agree();
    await follower.agree();
    expect([signal.aborted, follower.stopped.aborted]).toEqual([true, true]);

    const model = { uri: 'x', sha256: 'x', size: 1, version: 'x' };
    leader.end({ ...end, model });
    expect(await follower.end).toEqual(end);
    expect(losses).toEqual([]);
  });

  it('are lost together', async () => {
    const leader = newLeader(3);
    const early = newLink(2);
    early.refuse();
    const following = RankFollower.join({ ...group, rank: 1 }, never, PATIENCE_MS);
    const meeting = leader.meet(never, PATIENCE_MS);
    const second = newLink(2);
    await meeting;
    expect(losses).toEqual([]);
    leader.begin(null);
    const follower = await following;
    second.refuse();
    await until(() => losses.length > 0);
    expect(losses[0]).toMatch(/^rank 2 has ended/);
    leader.end({ outcome: 'unavailable', exitCode: 75 });
    expect(await follower.end).toMatchObject({ outcome: 'unavailable' });
  });

  it('are all here before the run begins', async () => {
    const leader = newLeader();
    await expect(leader.meet(never, 50)).rejects.toThrow('rank 1 of 2 did not start within 0.05 s');
    await expect(RankFollower.join({ ...group, rank: 1, token: 'guessed' }, never, 300)).rejects.toThrow(
      /did not begin a run with rank 1 within 0.3 s: .*the token of the ranks differs/,
    );
    leader.end(end);
    await expect(RankFollower.join({ ...group, rank: 1 }, AbortSignal.abort(), 50)).rejects.toThrow(
      RanksApart,
    );
  });

  it.each([
    ['another token', 1, 'guessed'],
    ['the number of rank 0', 0, TOKEN],
    ['a number that no rank has', 2, TOKEN],
    ['a line without an end', 1, 'x'.repeat(1 << 17)],
  ])('refuse a process with %s', async (_, rank, token) => {
    const leader = newLeader();
    const meeting = leader.meet(never, PATIENCE_MS);
    expect(await newLink(rank, token).next()).toBeNull();
    newLink(1);
    await meeting;
    // The second with a number, such as a rank that was started again.
    expect(await newLink(1).next()).toBeNull();
    leader.end(end);
  });
});

describe('the ranks that the variables name', () => {
  const env = {
    OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN: '0123456789abcdef',
    OPEN_CHATGPT_RANK: '1',
    OPEN_CHATGPT_WORLD_SIZE: '2',
    OPEN_CHATGPT_COORDINATOR: 'pair-0.pair',
  };

  it('have a token: without it each of them would claim the run', () => {
    expect(ranksOfRun(env)).toMatchObject({ rank: 1, size: 2 });
    expect(ranksOfRun({})).toBeNull();
    expect(ranksOfRun({ OPEN_CHATGPT_WORLD_SIZE: '1' })).toBeNull();
    expect(() => ranksOfRun({ OPEN_CHATGPT_RANK: '1', OPEN_CHATGPT_WORLD_SIZE: '8' })).toThrow(
      'the run has 8 ranks and they have no token: set OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN (docs/devices.md), ' +
        'or ranks: 1 for its trainer',
    );
  });
});

describe('a rank above 0', () => {
  it('computes what rank 0 computes, and writes nothing that another reads', async () => {
    const world = new World();
    try {
      const machine = world.newMachine('leader');
      const reading = world.storeWith({
        put: () => Promise.reject(new Error('the store is written')),
        delete: () => Promise.reject(new Error('the store is changed')),
      });
      const follower = world.machineWith(reading, 'follower');
      const leader = newLeader();
      const joining = RankFollower.join({ ...group, rank: 1 }, never, PATIENCE_MS);
      await leader.meet(never, PATIENCE_MS);
      const following = joining.then((joined) => follower.worker.follow(world.request, joined, PATIENCE_MS));
      const { model, ...ended } = await machine.worker.execute(
        world.request,
        never,
        oneRunRules(1000),
        leader,
      );
      leader.end({ ...ended, exitCode: 0 } as OneRunEnd);
      expect(await following).toMatchObject({ outcome: 'completed', step: STEPS });
      expect(model).toEqual(machine.only('run.completed').model);
      expect(follower.published).toEqual([]);

      // A run that has ended begins on no rank.
      const again = newLeader();
      const joiningAgain = RankFollower.join({ ...group, rank: 1 }, never, PATIENCE_MS);
      await again.meet(never, PATIENCE_MS);
      const followingAgain = joiningAgain.then((one) => follower.worker.follow(world.request, one, 1000));
      await machine.worker.execute(world.request, never, oneRunRules(1000), again);
      again.end(end);
      expect(await followingAgain).toEqual(end);
    } finally {
      world.remove();
    }
  }, 60_000);

  it('that fails alone is no failure of the run', async () => {
    const world = new World();
    try {
      const leader = newLeader();
      const joining = RankFollower.join({ ...group, rank: 1 }, never, PATIENCE_MS);
      await leader.meet(never, PATIENCE_MS);
      leader.begin(null);
      const config = { ...world.request.config, model: { path: '/not/on/this/machine' } };
      const request = { ...world.request, config };
      const options = {
        store: world.store,
        cacheDir: join(world.root, 'cache'),
        ranksDir: join(world.root, 'ranks'),
        resolveBuiltin: (name: string) => Promise.reject(new Error(name)),
      };
      const rules = { patienceMs: PATIENCE_MS, sameFailureMs: 1 };
      const failed = await followRun(options, request, await joining, rules);
      expect(failed).toMatchObject({
        outcome: 'unavailable',
        error: { message: expect.stringContaining('/not/on/this/machine is not on the machine that trains') },
      });
      leader.end(end);
    } finally {
      world.remove();
    }
  });
});
