import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import {
  applyCrds,
  completedMessage,
  conditionOf,
  type OperatorProcess,
  type Resource,
  startOperator,
  trainingRun,
} from './testing/operator';

/**
 * The runs of all tests start first and go on side by side: what Kubernetes takes a minute for (a lost node, a node that was
 * deleted) does not add up.
 */
describe('runs that are disturbed', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let limited: string;
  let nodes: string[];
  let operator: OperatorProcess;

  const run = (
    name: string,
    simulated: Record<string, string> = {},
    spec: object = {},
    trainer: object = {},
  ) =>
    trainingRun({
      name,
      simulated,
      spec: { backoffLimit: 1, ...spec },
      trainer: {
        nodeSelector: { spec: namespace, role: 'common' },
        terminationGracePeriodSeconds: 1,
        ...trainer,
      },
    });
  const on = (role: string) => ({ nodeSelector: { spec: namespace, role } });
  const never = { 'sim/seconds': 'never' };

  const get = async (name: string, kind = 'trun'): Promise<Resource> =>
    cluster.json<Resource>(['get', kind, name], { namespace });
  const statusOf = async (name: string) => (await get(name)).status ?? {};
  const wait = (name: string, condition: string) =>
    cluster.kubectl(['wait', `--for=condition=${condition}`, `trun/${name}`, TIMEOUT], {
      namespace,
    });
  const ready = (name: string, reason: string, of = namespace) =>
    cluster.until(`${name} says ${reason}`, async () => {
      const found = await cluster.json<Resource>(['get', 'trun', name], { namespace: of });
      const condition = conditionOf(found, 'Ready');
      return condition?.reason === reason ? condition : undefined;
    });
  const podsOf = async (name: string): Promise<Resource[]> =>
    (await cluster.json(['get', 'pods', '-l', `open-chatgpt.io/run=${name}`], { namespace })).items;
  const running = (name: string, not?: string) =>
    cluster.until(`a pod of ${name} runs`, async () =>
      (await podsOf(name)).find(
        ({ metadata, status }) =>
          status.phase === 'Running' && !metadata.deletionTimestamp && metadata.uid !== not,
      ),
    );
  const patch = (name: string, change: object) =>
    cluster.kubectl(['patch', 'trun', name, '--type=merge', '--patch', JSON.stringify(change)], {
      namespace,
    });
  const endsWell = async (name: string) => {
    for (const { metadata, status } of await podsOf(name))
      if (status.phase === 'Running' && !metadata.deletionTimestamp)
        await cluster.annotate(namespace, metadata.name, { seconds: 0 });
    await wait(name, 'Complete');
  };

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('disturbed');
    limited = await cluster.createNamespace('limited');
    const roles = ['common', 'common', 'deleted', 'lost', 'drained', 'drained'];
    nodes = (
      await Promise.all(
        roles.map((role, i) =>
          cluster.addGpuNodes({ prefix: `${namespace}-${i}`, count: 1, labels: { spec: namespace, role } }),
        ),
      )
    ).flat();
    operator = await startOperator(cluster, {
      namespace,
      config: { namespaces: [namespace, limited], nodes: true },
    });
    const failing = (code: number) => ({ 'sim/exit-code': String(code), 'sim/seconds': '0' });
    await cluster.apply(
      [
        ...[1, 65, 71, 75, 137].map((code) => run(`exit-${code}`, failing(code))),
        ...[79, 143].map((code) => run(`exit-${code}`, { ...failing(code), 'sim/seconds': '1' })),
        run('on-deleted', never, {}, on('deleted')),
        run('on-lost', never, {}, on('lost')),
        run('drained', never, {}, on('drained')),
        run('evicted', never),
        run('removed', never),
        run('jobless', never),
        run('late', never, { activeDeadlineSeconds: 3 }),
        run('forgotten', {}, { ttlSecondsAfterFinished: 1 }),
        run('unpulled', { 'sim/waiting': 'ImagePullBackOff', 'sim/waiting-message': 'no such image' }),
        run('unplaced', {}, {}, on('nowhere')),
      ],
      { namespace },
    );
    // Early, for it takes longest.
    await Promise.all(['on-deleted', 'on-lost'].map((name) => running(name)));
    await cluster.removeNodes([nodes[2]]);
    await cluster.loseNode(nodes[3]);
    // The pods that follow find a node of the same role.
    nodes.push(
      ...(await cluster.addGpuNodes({
        prefix: `${namespace}-6`,
        count: 1,
        labels: { spec: namespace, role: 'deleted' },
      })),
      ...(await cluster.addGpuNodes({
        prefix: `${namespace}-7`,
        count: 1,
        labels: { spec: namespace, role: 'lost' },
      })),
    );
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster.removeNodes(nodes ?? []);
  });

  it('gives a run up at once after exit code 65', async () => {
    await wait('exit-65', 'Failed');
    expect(await statusOf('exit-65')).toMatchObject({ failures: 1, disruptions: 0 });
  });

  it.each([1, 71, 75, 137])('counts exit code %i as a failure and tries again', async (code) => {
    await wait(`exit-${code}`, 'Failed');
    const status = await statusOf(`exit-${code}`);
    expect(status).toMatchObject({ failures: 2, disruptions: 0 });
    expect(status.executionAttempts).toMatchObject([{ exitCode: code }, { exitCode: code }]);
    // Code 71 blames the machine.
    if (code === 71) {
      const [first, second] = status.executionAttempts;
      expect(second.node).not.toBe(first.node);
    }
    expect(conditionOf({ status } as Resource, 'Failed')).toMatchObject({
      reason: 'AppFailed',
      message: expect.stringContaining(`exit code ${code}`),
    });
  });

  it.each([79, 143])(
    'does not count exit code %i; a suspended run goes on with other settings',
    async (code) => {
      const name = `exit-${code}`;
      await cluster.until('the second attempt', async () => (await statusOf(name)).disruptions >= 2);
      await patch(name, { spec: { suspend: true } });
      await wait(name, 'Suspended');
      expect(await podsOf(name)).toEqual([]);
      await patch(name, {
        spec: {
          suspend: false,
          trainer: { annotations: { 'sim/exit-code': '0' }, resources: { requests: { cpu: '2' } } },
        },
      });
      await wait(name, 'Complete');
      const [pod] = await podsOf(name);
      expect(pod.spec.containers[0].resources.requests.cpu).toBe('2');
      expect(await statusOf(name)).toMatchObject({ failures: 0 });
    },
  );

  it('moves an evicted pod and does not count the eviction', async () => {
    const { metadata } = await running('evicted');
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: metadata.name, namespace },
    };
    await cluster.kubectl(
      ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${metadata.name}/eviction`, '-f', '-'],
      { input: JSON.stringify(eviction) },
    );
    await running('evicted', metadata.uid);
    await endsWell('evicted');
    expect(await statusOf('evicted')).toMatchObject({
      failures: 0,
      disruptions: 1,
      executionAttempts: [{ reason: 'EvictionByEvictionAPI' }, { reason: 'Completed' }],
    });
  });

  it('leaves a drained node', async () => {
    const { metadata, spec } = await running('drained');
    await cluster.kubectl([
      ...['drain', spec.nodeName, '--ignore-daemonsets', '--delete-emptydir-data', '--force'],
      ...['--pod-selector', 'open-chatgpt.io/run=drained', TIMEOUT],
    ]);
    const next = await running('drained', metadata.uid);
    expect(next.spec.nodeName).not.toBe(spec.nodeName);
    await cluster.kubectl(['uncordon', spec.nodeName]);
    await endsWell('drained');
    expect(await statusOf('drained')).toMatchObject({ failures: 0, disruptions: 1 });
  });

  it('replaces a pod that somebody deletes', async () => {
    const { metadata } = await running('removed');
    await cluster.kubectl(['delete', 'pod', metadata.name, '--wait=false'], { namespace });
    await running('removed', metadata.uid);
    await endsWell('removed');
    expect(await statusOf('removed')).toMatchObject({ failures: 0, disruptions: 1 });
  });

  it('makes a Job again that somebody deletes, after the pods of the first have ended', async () => {
    const { metadata } = await running('jobless');
    await cluster.kubectl(['delete', 'job', 'jobless', '--cascade=orphan'], { namespace });
    await running('jobless', metadata.uid);
    expect(await podsOf('jobless')).toHaveLength(1);
    await endsWell('jobless');
  });

  it('fails a run that is active for too long', async () => {
    await wait('late', 'Failed');
    expect(conditionOf(await get('late'), 'Failed')?.reason).toBe('DeadlineExceeded');
  });

  it('deletes a run when its time to live is over', async () => {
    await cluster.kubectl(['wait', '--for=delete', 'trun/forgotten', TIMEOUT], { namespace });
  });

  it('says why the pods do not start', async () => {
    expect(await ready('unpulled', 'ImagePullBackOff')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('no such image'),
    });
    expect((await ready('unplaced', 'Unschedulable')).message).toMatch(
      /nodes are available: .*didn't match Pod's node affinity\/selector/,
    );
    nodes.push(
      ...(await cluster.addGpuNodes({
        prefix: `${namespace}-8`,
        count: 1,
        labels: { spec: namespace, role: 'nowhere' },
      })),
    );
    await wait('unplaced', 'Complete');
  });

  it('says that the quota of the namespace is used up, and goes on when there is more', async () => {
    const quota = (gpus: number) => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'gpus' },
      spec: { hard: { 'requests.nvidia.com/gpu': String(gpus) } },
    });
    await cluster.apply(quota(0), { namespace: limited });
    await cluster.until('the quota counts', async () =>
      cluster.json(['get', 'quota', 'gpus'], { namespace: limited }).then(({ status }) => status?.hard),
    );
    await cluster.apply(run('costly', {}, {}, { gpus: 1 }), { namespace: limited });
    const { message } = await ready('costly', 'QuotaExceeded', limited);
    expect(message).toContain('requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=0');
    await cluster.apply(quota(1), { namespace: limited });
    await cluster.kubectl(['wait', '--for=condition=Complete', 'trun/costly', TIMEOUT], {
      namespace: limited,
    });
  });

  it('does not touch a Job of the same name that is not its own', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'taken' },
      spec: {
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } },
      },
    };
    await cluster.apply(job, { namespace });
    await cluster.apply(run('taken'), { namespace });
    expect((await ready('taken', 'NameTaken')).message).toBe(
      'the Job taken belongs to somebody else; delete it, or choose another name',
    );
    await cluster.kubectl(['delete', 'job', 'taken'], { namespace });
    await wait('taken', 'Complete');
  });

  it('does not take the word of a pod that speaks of another run, and repeats the result', async () => {
    await cluster.apply(
      run('misled', { 'sim/termination-message': completedMessage('another', 'another') }),
      {
        namespace,
      },
    );
    await ready('misled', 'ResultLost');
    expect(await statusOf('misled')).not.toHaveProperty('model');
    await patch('misled', {
      spec: { trainer: { annotations: { 'sim/termination-message': completedMessage('misled', 'right') } } },
    });
    await wait('misled', 'Complete');
    expect((await statusOf('misled')).model).toMatchObject({ version: 'right' });
  });

  it('goes on elsewhere when a node is lost, and when one is deleted', async () => {
    // A heartbeat that was under way when the node was lost may have taken the lease back.
    await cluster.until('the lost node is not ready', async () => {
      const { status } = await cluster.json<Resource>(['get', 'node', nodes[3]]);
      const isReady = status.conditions.some(
        (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
      );
      if (isReady) await cluster.loseNode(nodes[3]);
      return !isReady;
    });
    for (const name of ['on-lost', 'on-deleted']) {
      await cluster.until(`${name} has another pod`, async () =>
        (await podsOf(name)).some(
          ({ spec, status }) => status.phase === 'Running' && !nodes.slice(0, 6).includes(spec.nodeName),
        ),
      );
      await endsWell(name);
      expect(await statusOf(name)).toMatchObject({ failures: 0, disruptions: 1 });
    }
  });
});
