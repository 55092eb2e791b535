import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { type Cluster, sharedCluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

/** An Indexed Job of `pods` pods with so many GPUs each. */
function gpuJob(name: string, pods: number, gpus: number, annotations: Record<string, string> = {}) {
  const container = { name: 'main', image: 'none', resources: { limits: { 'nvidia.com/gpu': gpus } } };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: pods,
      parallelism: pods,
      backoffLimit: 0,
      template: {
        metadata: { annotations },
        spec: {
          restartPolicy: 'Never',
          nodeSelector: { spec: 'control-plane' },
          tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
          containers: [container],
        },
      },
    },
  };
}

describe('the network namespace of the cluster', () => {
  it.each(['-4', '-6'])('has no route out (ip %s)', (family) => {
    expect(execFileSync('ip', [family, 'route', 'show', 'default'], { encoding: 'utf8' })).toBe('');
  });

  it('refuses a packet to an address outside at once', async () => {
    const start = Date.now();
    const error = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
      const socket = connect(443, '198.51.100.1', () => reject(new Error('connected')));
      socket.on('error', resolve);
    });
    expect(['ENETUNREACH', 'EHOSTUNREACH']).toContain(error.code);
    expect(Date.now() - start).toBeLessThan(1000);
  });

  it('is the only place in which a cluster starts on an address', async () => {
    await expect(startCluster({ address: '198.51.100.1' })).rejects.toThrow(
      '198.51.100.1 is not an address of this network namespace',
    );
  });
});

describe('the control plane', () => {
  const cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];

  beforeAll(async () => {
    namespace = await cluster.createNamespace('control-plane');
    nodes = await cluster.addGpuNodes({ prefix: namespace, labels: { spec: 'control-plane' } });
  });
  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    await cluster.removeNodes(nodes);
  });

  const pods = (job: string) =>
    cluster.json(['get', 'pods', '--selector', `job-name=${job}`], { namespace }).then(({ items }) => items);
  const wait = (condition: string, resource: string) => cluster.wait(condition, resource, { namespace });

  it('has GPU nodes that are ready', async () => {
    const node = await cluster.json(['get', 'node', nodes[0]]);
    expect(node.status.allocatable['nvidia.com/gpu']).toBe('8');
    expect(node.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  });

  it('completes an Indexed Job on 2 nodes with 8 GPUs each', async () => {
    const message = '{"outcome":"completed","note":"quotes \\" and a line\\nend"}';
    await cluster.apply(gpuJob('fits', 2, 8, { 'sim/termination-message': message }), { namespace });
    await wait('condition=Complete', 'job/fits');
    const [first, second] = await pods('fits');
    expect(first.spec.nodeName).not.toBe(second.spec.nodeName);
    expect(first.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 0, message });
  });

  it('leaves a pod Pending that asks for more GPUs than a node has, with the reason', async () => {
    await cluster.apply(gpuJob('too-big', 1, 16), { namespace });
    const condition = await cluster.until('the scheduler refuses the pod', async () =>
      (await pods('too-big'))[0]?.status.conditions?.find((c: { type: string }) => c.type === 'PodScheduled'),
    );
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition.message).toContain('2 Insufficient nvidia.com/gpu');
  });

  it('ends a running pod as its annotations say', async () => {
    await cluster.apply(gpuJob('held', 1, 1, { 'sim/seconds': 'never' }), { namespace });
    await wait('jsonpath={.status.ready}=1', 'job/held');
    const [{ metadata }] = await pods('held');
    await cluster.annotate(namespace, metadata.name, { seconds: 0, 'exit-code': 65 });
    await wait('condition=Failed', 'job/held');
    const [{ status }] = await pods('held');
    expect(status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 65, reason: 'Error' });
  });

  it('ends the containers of a suspended Job as SIGTERM does', async () => {
    await cluster.apply(gpuJob('stopped', 1, 1, { 'sim/seconds': 'never', 'sim/stop-seconds': '2' }), {
      namespace,
    });
    await wait('jsonpath={.status.ready}=1', 'job/stopped');
    await cluster.kubectl(['patch', 'job', 'stopped', '--patch', '{"spec":{"suspend":true}}'], { namespace });
    // A finalizer of the Job controller keeps the pod until it has counted it, so that its end can be seen.
    await wait('jsonpath={.status.terminating}=1', 'job/stopped');
    await cluster.until('the pod is gone', async () => (await pods('stopped')).length === 0);
  });

  it('shows a pod that cannot start', async () => {
    await cluster.apply(gpuJob('no-image', 1, 1, { 'sim/waiting': 'ImagePullBackOff' }), { namespace });
    await cluster.until('its container waits', async () => {
      const [pod] = await pods('no-image');
      return pod?.status.containerStatuses?.[0].state.waiting?.reason === 'ImagePullBackOff';
    });
    await cluster.kubectl(['delete', 'job', 'no-image'], { namespace });
  });

  it('makes a pod ready when its annotation changes', async () => {
    const annotations = { 'sim/ready': 'false', 'sim/seconds': 'never' };
    await cluster.apply(gpuJob('slow', 1, 1, annotations), { namespace });
    const isReady = async () => (await pods('slow'))[0]?.status.containerStatuses?.[0].ready;
    await cluster.until('it runs', async () => (await isReady()) === false);
    const [{ metadata }] = await pods('slow');
    await cluster.annotate(namespace, metadata.name, { ready: true });
    await cluster.until('it is ready', isReady);
  });
});

describe('a control plane of its own', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ nodeGraceSeconds: 4, evictionSeconds: 1 });
  });
  afterAll(() => cluster?.stop());

  it('keeps its objects when the API server is killed and started again', async () => {
    const namespace = await cluster.createNamespace();
    await cluster.kill('apiserver');
    await expect(cluster.kubectl(['get', 'namespaces'])).rejects.toThrow('refused');
    await cluster.start('apiserver');
    await cluster.kubectl(['get', 'namespace', namespace]);
  });

  it('notices a lost node within seconds, deletes its pods, and takes it back', async () => {
    await cluster.addGpuNodes({ count: 2, labels: { spec: 'control-plane' } });
    const job = gpuJob('lost', 1, 8, { 'sim/seconds': 'never' });
    await cluster.apply(job, { namespace: 'default' });
    await cluster.wait('jsonpath={.status.ready}=1', 'job/lost');
    const [pod] = (await cluster.json(['get', 'pods', '--selector', 'job-name=lost'])).items;
    const node = pod.spec.nodeName;
    await cluster.loseNode(node);
    await cluster.wait('condition=Ready=Unknown', `node/${node}`);
    const deleted = async () => {
      const { items } = await cluster.json(['get', 'pods', '--selector', 'job-name=lost']);
      return items.some(
        (pod: { metadata: { deletionTimestamp?: string } }) => pod.metadata.deletionTimestamp,
      );
    };
    await cluster.until('its pod is deleted', deleted);
    await cluster.reviveNode(node);
    await cluster.wait('condition=Ready', `node/${node}`);
  });
});
