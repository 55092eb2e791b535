import type { Caches } from '../kubernetes/caches';
import type { Job, Node, Pod } from '../kubernetes/types';
import { defaults, job, node, pod, run } from '../testing/objects';
import { FreeDevices } from './free-devices';
import { GangAdmission } from './gang-admission';
import type { PodGroup } from './pod-group';

const group = (count: number, gpus: number, more: Partial<PodGroup> = {}): PodGroup => ({
  role: 'trainer',
  count,
  gpus,
  resource: 'nvidia.com/gpu',
  nodeSelector: {},
  tolerations: [],
  ...more,
});
const taint = { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' };

describe('free devices', () => {
  it.each<[string, Node[], Pod[], PodGroup[], RegExp | null]>([
    ['two nodes for two pods', [node('a', 8), node('b', 8)], [], [group(2, 8)], null],
    [
      'as many devices as needed, in two halves',
      [node('a', 4), node('b', 4)],
      [],
      [group(1, 8)],
      /No room for 1 of 1 trainer pods \(8 nvidia.com\/gpu each\); free where they may run: 8 nvidia.com\/gpu on 2 nodes/,
    ],
    [
      'what other pods hold',
      [node('a', 8)],
      [pod({ node: 'a', gpus: 4 })],
      [group(1, 8)],
      /free .*: 4 nvidia.com/,
    ],
    ['what ended pods held', [node('a', 8)], [pod({ node: 'a', gpus: 4, exitCode: 0 })], [group(1, 8)], null],
    ['a node that is not ready', [node('a', 8, { ready: false })], [], [group(1, 1)], /on 0 nodes/],
    ['a cordoned node', [node('a', 8, { unschedulable: true })], [], [group(1, 1)], /on 0 nodes/],
    ['a taint', [node('a', 8, { taints: [taint] })], [], [group(1, 1)], /on 0 nodes/],
    [
      'a tolerated taint',
      [node('a', 8, { taints: [taint] })],
      [],
      [group(1, 1, { tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }] })],
      null,
    ],
    [
      'the selected nodes only',
      [node('a', 8, { labels: { zone: 'x' } }), node('b', 8)],
      [],
      [group(2, 8, { nodeSelector: { zone: 'x' } })],
      /1 of 2 trainer pods .* 8 nvidia.com\/gpu on 1 nodes/,
    ],
    [
      'all groups together',
      [node('a', 8)],
      [],
      [group(1, 4), group(2, 4, { role: 'rollout' })],
      /No room for 1 of 2 rollout pods/,
    ],
  ])('count %s', (_, nodes, pods, gang, message) => {
    const found = new FreeDevices(nodes, pods).admit(gang);
    if (message === null) expect(found).toBeNull();
    else expect(found).toMatch(message);
  });

  it('are not taken by a gang that does not fit', () => {
    const free = new FreeDevices([node('a', 8)], []);
    expect(free.admit([group(2, 8)])).not.toBeNull();
    expect(free.admit([group(1, 8)])).toBeNull();
    expect(free.admit([group(1, 1)])).not.toBeNull();
  });
});

describe('the admission of gangs', () => {
  /** Caches in which a test changes what the API server has. */
  function world(nodes: Node[] | undefined) {
    const runs = ['one', 'two'].map((name) => {
      const made = run(
        { runId: name, trainer: { ranks: 2, gpus: 8 } },
        { algorithm: 'sft', phase: 'Pending' },
      );
      return { ...made, metadata: { ...made.metadata, name, uid: name } };
    });
    const jobs = runs.map(({ metadata: { name } }) => {
      const made = job({}, { suspend: true });
      const ownerReferences = [{ apiVersion: '', kind: 'TrainingRun', name, uid: name, controller: true }];
      return { ...made, metadata: { name, namespace: 'team', uid: `job-${name}`, ownerReferences } } as Job;
    });
    const caches = {
      runs: { get: (key: string) => runs.find(({ metadata }) => `team/${metadata.name}` === key) },
      jobs: { list: () => jobs },
      pods: { list: () => [], byIndex: () => [] },
      ...(nodes && { nodes: { list: () => nodes } }),
    } as unknown as Caches;
    return { runs, jobs, gang: new GangAdmission(caches, defaults) };
  }

  it.each([
    ['that sees the nodes', [node('a', 8), node('b', 8), node('c', 8)]],
    ['that does not', undefined],
  ])(
    '%s lets the second wait, although the cache does not show yet that the first has started',
    (_, nodes) => {
      const { runs, jobs, gang } = world(nodes);
      expect(gang.admit(runs[0], 'sft', jobs[0])).toBeNull();
      expect(gang.admit(runs[1], 'sft', jobs[1])?.reason).toBe('InsufficientDevices');
      expect([...gang.held]).toEqual(['team/two']);
      // Asked again, as after a failed write.
      expect(gang.admit(runs[0], 'sft', jobs[0])).toBeNull();
      // The first is deleted.
      gang.forget('team/one', 'one');
      jobs.shift();
      gang.changed();
      const later = performance.now() + 1000;
      jest.spyOn(performance, 'now').mockReturnValue(later);
      expect(gang.admit(runs[1], 'sft', jobs[0])).toBeNull();
      jest.restoreAllMocks();
    },
  );

  it('takes the devices back from a gang that is not on nodes in time, and waits before it tries again', () => {
    const { runs, jobs, gang } = world([node('a', 8), node('b', 8)]);
    const started = (secondsAgo: number) => ({
      ...jobs[0],
      spec: {},
      status: { startTime: new Date(Date.now() - secondsAgo * 1000).toISOString() },
    });
    const pods = [pod({ node: 'a' }), pod({ name: 'chat-sft-1-abcde', phase: 'Pending' })];
    expect(gang.expired(runs[0], 'sft', started(10), pods)).toBeGreaterThan(280_000);
    expect(gang.expired(runs[0], 'sft', started(301), pods)).toMatchObject({
      reason: 'GangTimeout',
      message: expect.stringMatching(/^Not all pods of the run were on nodes after 300 s/),
    });
    expect(gang.admit(runs[0], 'sft', jobs[0])).toMatchObject({
      reason: 'GangTimeout',
      retryMs: expect.any(Number),
    });
    const running = { ...runs[0], status: { ...runs[0].status, phase: 'Running' } };
    expect(gang.expired(running, 'sft', started(301), pods)).toBeNull();
  });
});
