import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { History } from './testing/history';
import {
  applyCrds,
  type OperatorProcess,
  type Resource,
  startOperator,
  trainingRun,
} from './testing/operator';
import { KUEUE, queue } from './testing/queue';
import { trainingRunsOf } from './testing/runs';

describe('runs of several ranks where JobSet is installed', () => {
  let cluster: Cluster;
  let namespace: string;
  let operator: OperatorProcess;
  const start = () =>
    startOperator(cluster, { namespace, config: { nodes: true }, env: { OPEN_CHATGPT_LEASE_SECONDS: '3' } });

  beforeAll(async () => {
    cluster = await startCluster({ addons: ['jobset', 'kueue'] });
    await cluster.addGpuNodes();
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('sets');
    await cluster.until('the queue is accepted', () => cluster.apply(queue(namespace)));
    operator = await start();
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const run = (name: string, spec: object = {}, trainer: object = {}) =>
    trainingRun({
      name,
      simulated: { 'sim/seconds': 'never' },
      trainer: { ranks: 2, gpus: 4, terminationGracePeriodSeconds: 1, ...trainer },
      spec,
    });
  const { get, patch, wait, ready, childrenOf, podsOf, end, finish } = trainingRunsOf(() => ({
    cluster,
    namespace,
  }));
  const remove = async (name: string) => {
    await cluster.kubectl(['delete', 'trun', name], { namespace });
    await cluster.until(`nothing is left of ${name}`, async () => {
      const left = await childrenOf(name, 'jobsets,jobs,pods,services,configmaps');
      return left.length === 0;
    });
  };

  it('are a JobSet of one Job, whose pods find each other, and which goes with the run', async () => {
    await cluster.apply(run('pair'), { namespace });
    await ready('pair', 'PodsReady');
    const set = await get('pair', 'jobset');
    expect(set.spec).toMatchObject({ suspend: false, failurePolicy: { maxRestarts: 0 } });
    const jobs = await childrenOf('pair', 'jobs');
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(['pair-ranks-0']);
    const pods = await podsOf('pair');
    expect(pods.map(({ spec }) => `${spec.hostname}.${spec.subdomain}`).sort()).toEqual([
      'pair-ranks-0-0.pair',
      'pair-ranks-0-1.pair',
    ]);
    for (const { spec } of pods)
      expect(spec.containers[0].env).toContainEqual({
        name: 'OPEN_CHATGPT_COORDINATOR',
        value: `pair-ranks-0-0.pair.${namespace}.svc`,
      });
    await cluster.until('their names', async () => {
      const { items } = await cluster.json(
        ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=pair'],
        { namespace },
      );
      const names = items.flatMap(({ endpoints }: { endpoints: { hostname?: string }[] | null }) =>
        (endpoints ?? []).map(({ hostname }) => hostname),
      );
      return names.sort().join() === 'pair-ranks-0-0,pair-ranks-0-1';
    });
    await finish('pair');
    const { status } = await get('pair');
    expect(status).toMatchObject({ jobName: 'pair-ranks-0', failures: 0, disruptions: 0 });
    await cluster.kubectl(['wait', '--for=condition=Completed', 'jobset/pair', TIMEOUT], {
      namespace,
    });
    await remove('pair');
  });

  it('wait with the reason while there are not enough GPUs, without pods', async () => {
    await cluster.apply(run('large', {}, { ranks: 3, gpus: 8 }), { namespace });
    await ready('large', 'InsufficientDevices', /^No room for 1 of 3 trainer pods/);
    expect(await podsOf('large')).toEqual([]);
    expect((await get('large', 'jobset')).spec.suspend).toBe(true);
    await remove('large');
  });

  it('have no pods while they are suspended, and go on with other resources', async () => {
    await cluster.apply(run('paused'), { namespace });
    await ready('paused', 'PodsReady');
    await patch('paused', { suspend: true });
    await wait('paused', 'Suspended');
    expect(await childrenOf('paused', 'jobsets,jobs,pods')).toEqual([]);
    await patch('paused', { suspend: false, trainer: { resources: { requests: { memory: '3Gi' } } } });
    await ready('paused', 'PodsReady');
    const pods = await podsOf('paused');
    expect(pods.map(({ spec }) => spec.containers[0].resources.requests.memory)).toEqual(['3Gi', '3Gi']);
    await finish('paused');
    expect((await get('paused')).status).toMatchObject({ failures: 0 });
    await remove('paused');
  });

  it('count a failure once: the pod is replaced, and the Job goes on', async () => {
    await cluster.apply(run('failing', { backoffLimit: 1 }), { namespace });
    await ready('failing', 'PodsReady');
    const [job] = await childrenOf('failing', 'jobs');
    const failOne = async () => {
      const alive = (await podsOf('failing')).find(({ status }) => status.phase === 'Running');
      await end(alive!, 1);
    };
    await failOne();
    await cluster.until('a failure', async () => (await get('failing')).status.failures === 1);
    // The Job controller waits ten seconds before it replaces a pod that has failed.
    await ready('failing', 'PodsReady');
    const [same] = await childrenOf('failing', 'jobs');
    expect(same.metadata.uid).toBe(job.metadata.uid);
    expect(same.status).toMatchObject({ failed: 1, active: 2 });
    expect((await get('failing', 'jobset')).status.restarts).toBe(0);
    await failOne();
    await wait('failing', 'Failed');
    expect((await get('failing')).status).toMatchObject({ phase: 'Failed', failures: 2 });
    await cluster.kubectl(['wait', '--for=condition=Failed', 'jobset/failing', TIMEOUT], {
      namespace,
    });
    // Executed again by hand: another set, and the failures are not forgotten.
    await cluster.kubectl(['annotate', 'trun', 'failing', 'open-chatgpt.io/resume=1'], { namespace });
    await ready('failing', 'PodsReady');
    expect((await childrenOf('failing', 'jobs')).map(({ metadata }) => metadata.name)).toEqual([
      'failing-ranks-0',
    ]);
    await finish('failing');
    await remove('failing');
  });

  it('prefer another node after exit code 71', async () => {
    await cluster.apply(run('faulty'), { namespace });
    await ready('faulty', 'PodsReady');
    const [{ metadata, spec }] = await podsOf('faulty');
    await cluster.annotate(namespace, metadata.name, { seconds: 0, 'exit-code': 71 });
    await cluster.until('a failure', async () => (await get('faulty')).status.failures === 1);
    await ready('faulty', 'PodsReady');
    const alive = (await podsOf('faulty')).filter(({ status }) => status.phase === 'Running');
    expect(alive).toHaveLength(2);
    for (const pod of alive)
      expect(
        pod.spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference
          .matchFields,
      ).toEqual([{ key: 'metadata.name', operator: 'NotIn', values: [spec.nodeName] }]);
    expect((await get('faulty', 'jobset')).spec.suspend).toBe(false);
    await finish('faulty');
    await remove('faulty');
  });

  it('wait in a queue of Kueue as a whole, are preempted, and go on', async () => {
    await cluster.apply(run('first', { queueName: 'training' }), { namespace });
    await ready('first', 'PodsReady');
    // Kueue orders workloads of one priority by the second of their creation.
    await sleep(1000);
    await cluster.apply(run('second', { queueName: 'training' }), { namespace });
    await ready(
      'second',
      'Queued',
      /^The queue training has not admitted the run: .*insufficient unused quota for nvidia.com\/gpu/,
    );
    expect(await podsOf('second')).toEqual([]);
    const { items } = await cluster.json<{ items: Resource[] }>(['get', `workloads.${KUEUE}`], { namespace });
    expect(items.map(({ metadata }) => metadata.ownerReferences[0].kind)).toEqual(['JobSet', 'JobSet']);
    const urgent = run('urgent', { queueName: 'training' });
    await cluster.apply(
      { ...urgent, metadata: { ...urgent.metadata, labels: { [`${KUEUE}/priority-class`]: 'urgent' } } },
      { namespace },
    );
    await ready('urgent', 'PodsReady');
    await ready('first', 'Preempted', /^The queue training/);
    for (const name of ['urgent', 'first', 'second']) {
      await ready(name, 'PodsReady');
      await finish(name);
    }
    expect((await get('first')).status).toMatchObject({ failures: 0, disruptions: 2 });
    for (const name of ['urgent', 'first', 'second']) await remove(name);
  });

  it('are made once although the operator is killed at any moment', async () => {
    const history = await History.of(cluster.kubeconfig, namespace);
    const names = Array.from({ length: 6 }, (_, index) => `killed-${index}`);
    for (const [index, name] of names.entries()) {
      await cluster.apply(run(name, {}, { gpus: 1 }), { namespace });
      await sleep(60 * index);
      await operator.kill();
      const lease = JSON.stringify({ spec: { holderIdentity: '' } });
      await cluster.kubectl(['patch', 'lease', 'open-chatgpt-operator', '--type=merge', '--patch', lease], {
        namespace,
      });
      operator = await start();
    }
    for (const name of names) await ready(name, 'PodsReady');
    const once = (of: (name: string) => string) => Object.fromEntries(names.map((name) => [of(name), 1]));
    const made = (kind: string) =>
      Object.fromEntries(Object.entries(history.numberOf(kind)).filter(([name]) => /^killed-/.test(name)));
    expect(made('JobSet')).toEqual(once((name) => name));
    expect(made('Job')).toEqual(once((name) => `${name}-ranks-0`));
    expect(Object.keys(made('Pod'))).toHaveLength(2 * names.length);
    await history.stop();
    for (const name of names) await finish(name);
    for (const name of names) await remove(name);
  });

  it('follow the JobSet where another cluster executes it', async () => {
    await cluster.apply(run('elsewhere', { managedBy: `${KUEUE}/multikueue` }), { namespace });
    await ready('elsewhere', 'PodsMissing');
    expect((await get('elsewhere', 'jobset')).spec.managedBy).toBe(`${KUEUE}/multikueue`);
    expect(await childrenOf('elsewhere', 'jobs,pods')).toEqual([]);
    await patch('elsewhere', { suspend: true });
    await wait('elsewhere', 'Suspended');
    expect(await childrenOf('elsewhere', 'jobsets')).toEqual([]);
    await patch('elsewhere', { suspend: false });
    await ready('elsewhere', 'PodsMissing');
    const condition = {
      type: 'Failed',
      status: 'True',
      reason: 'FailedJobs',
      message: 'jobset failed due to one or more job failures',
      lastTransitionTime: new Date().toISOString(),
    };
    const status = JSON.stringify({ status: { restarts: 0, conditions: [condition] } });
    await cluster.kubectl(
      ['patch', 'jobset', 'elsewhere', '--subresource=status', '--type=merge', '--patch', status],
      { namespace },
    );
    await wait('elsewhere', 'Failed');
    await remove('elsewhere');
  });

  it('are Indexed Jobs while JobSet is missing, and stay so when it is installed', async () => {
    const crd = await cluster.json<Resource>(['get', 'crd', 'jobsets.jobset.x-k8s.io']);
    await operator.stop();
    await cluster.kubectl(['delete', 'crd', crd.metadata.name]);
    // A new operator has not seen JobSets.
    operator = await start();
    await cluster.apply(run('plain'), { namespace });
    await ready('plain', 'PodsReady');
    expect((await childrenOf('plain', 'jobs')).map(({ metadata }) => metadata.name)).toEqual(['plain']);
    const { annotations, labels, name } = crd.metadata;
    await cluster.apply({ ...crd, metadata: { name, labels, annotations }, status: undefined });
    await cluster.wait('condition=Established', `crd/${name}`);
    await operator.stop();
    operator = await start();
    await patch('plain', { suspend: true });
    await wait('plain', 'Suspended');
    await patch('plain', { suspend: false });
    await ready('plain', 'PodsReady');
    expect((await childrenOf('plain', 'jobs')).map(({ metadata }) => metadata.name)).toEqual(['plain']);
    expect(await childrenOf('plain', 'jobsets')).toEqual([]);
    await finish('plain');
    await remove('plain');
  });
});
