import { type Cluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { applyCrds, type OperatorProcess, startOperator, trainingRun } from './testing/operator';
import { trainingRunsOf } from './testing/runs';

const GATES = '--feature-gates=GenericWorkload=true';
const WORKLOADS = 'workloads.scheduling.k8s.io';

describe.each([
  ['Jobs', []],
  ['JobSets', ['jobset' as const]],
])('runs whose ranks the scheduler binds together, as %s', (kind, addons) => {
  let cluster: Cluster;
  let namespace: string;
  let operator: OperatorProcess;

  beforeAll(async () => {
    cluster = await startCluster({
      addons,
      flags: {
        apiserver: [GATES, '--runtime-config=scheduling.k8s.io/v1alpha1=true'],
        scheduler: [`${GATES},GangScheduling=true`],
      },
    });
    await cluster.addGpuNodes();
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('bound');
    operator = await startOperator(cluster, { namespace, config: { nodes: true } });
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const run = (name: string, trainer: object = {}, seconds = 'never') =>
    trainingRun({
      name,
      simulated: { 'sim/seconds': seconds },
      trainer: { ranks: 2, gpus: 8, terminationGracePeriodSeconds: 1, ...trainer },
    });
  const { get, patch, wait, ready, podsOf, end, finish } = trainingRunsOf(() => ({ cluster, namespace }));
  const minCountOf = async (name: string): Promise<number> =>
    (await get(name, WORKLOADS)).spec.podGroups[0].policy.gang.minCount;

  it('bind no pod while one of them fits nowhere, and say why', async () => {
    // The GPUs are enough, so the operator starts the run; the memory of one node is not.
    const blocker = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'blocker' },
      spec: {
        nodeName: 'gpu-2',
        tolerations: [{ operator: 'Exists' }],
        containers: [{ name: 'c', image: 'none', resources: { requests: { memory: '1000Gi' } } }],
      },
    };
    await cluster.apply(blocker, { namespace });
    await cluster.apply(run('whole', { resources: { requests: { memory: '100Gi' } } }), { namespace });
    await ready('whole', 'Unschedulable', /Insufficient memory/);
    const waiting = await podsOf('whole');
    expect(waiting.map(({ spec }) => spec.nodeName)).toEqual([undefined, undefined]);
    for (const { spec } of waiting) expect(spec.workloadRef).toEqual({ name: 'whole', podGroup: 'ranks' });
    expect(await get('whole', kind === 'Jobs' ? 'job' : 'jobset')).toBeDefined();
    await cluster.kubectl(['delete', 'pod', 'blocker', '--force'], { namespace });
    await ready('whole', 'PodsReady');
    await finish('whole');
    await cluster.kubectl(['delete', 'trun', 'whole'], { namespace });
    await cluster.until('the Workload to go', async () => {
      const { items } = await cluster.json(['get', WORKLOADS], { namespace });
      return items.length === 0;
    });
  });

  it('try a rank again after another one has completed', async () => {
    await cluster.apply(run('uneven'), { namespace });
    await ready('uneven', 'PodsReady');
    expect(await minCountOf('uneven')).toBe(2);
    const [first, second] = await podsOf('uneven');
    await end(first);
    await cluster.until('a smaller gang', async () => (await minCountOf('uneven')) === 1);
    await end(second, 1);
    const again = await cluster.until('another pod', async () =>
      (await podsOf('uneven')).find(({ status }) => status.phase === 'Running'),
    );
    await end(again);
    await wait('uneven', 'Complete');
    expect((await get('uneven')).status).toMatchObject({ failures: 1 });
  });

  it('go on with another number of ranks after they were suspended', async () => {
    await cluster.apply(run('grown', { gpus: 4 }), { namespace });
    await ready('grown', 'PodsReady');
    await patch('grown', { suspend: true });
    await wait('grown', 'Suspended');
    await patch('grown', { suspend: false, trainer: { ranks: 3 } });
    await ready('grown', 'PodsReady');
    expect(await minCountOf('grown')).toBe(3);
    expect(await podsOf('grown')).toHaveLength(3);
    await finish('grown');
  });

  it('complete one after the other although parts of several would fit', async () => {
    // The scheduler alone leaves each of them waiting with a part of the nodes.
    const more = await cluster.addGpuNodes({ prefix: 'more' });
    const names = Array.from({ length: 8 }, (_, index) => `part-${index}`);
    await cluster.apply(
      names.map((name) => run(name, { ranks: 3 }, '1')),
      { namespace },
    );
    for (const name of names) await wait(name, 'Complete');
    await cluster.removeNodes(more);
  });
});
