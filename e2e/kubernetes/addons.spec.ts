import { type Cluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

const QUEUE = { 'kueue.x-k8s.io/queue-name': 'training' };

/** A queue of 8 GPUs. */
const queue = [
  {
    apiVersion: 'kueue.x-k8s.io/v1beta2',
    kind: 'ResourceFlavor',
    metadata: { name: 'h100' },
    spec: {
      nodeLabels: { 'nvidia.com/gpu.product': 'NVIDIA-H100-80GB-HBM3' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
    },
  },
  {
    apiVersion: 'kueue.x-k8s.io/v1beta2',
    kind: 'ClusterQueue',
    metadata: { name: 'training' },
    spec: {
      namespaceSelector: {},
      resourceGroups: [
        {
          coveredResources: ['cpu', 'nvidia.com/gpu'],
          flavors: [
            {
              name: 'h100',
              resources: [
                { name: 'cpu', nominalQuota: '64' },
                { name: 'nvidia.com/gpu', nominalQuota: '8' },
              ],
            },
          ],
        },
      ],
    },
  },
  {
    apiVersion: 'kueue.x-k8s.io/v1beta2',
    kind: 'LocalQueue',
    metadata: { name: 'training', namespace: 'default' },
    spec: { clusterQueue: 'training' },
  },
];

function jobSpec(pods: number, gpus: number, seconds: string) {
  return {
    parallelism: pods,
    completions: pods,
    completionMode: 'Indexed',
    template: {
      metadata: { annotations: { 'sim/seconds': seconds } },
      spec: {
        restartPolicy: 'Never',
        containers: [
          {
            name: 'main',
            image: 'none',
            resources: { requests: { cpu: '1' }, limits: { 'nvidia.com/gpu': gpus } },
          },
        ],
      },
    },
  };
}

function queuedJob(name: string, seconds: string) {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default', labels: QUEUE },
    spec: { ...jobSpec(2, 4, seconds), suspend: true },
  };
}

describe('a control plane with Kueue and JobSet', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ addons: ['kueue', 'jobset'] });
    await cluster.addGpuNodes();
    await cluster.until('the queue is accepted', () => cluster.apply(queue));
  });
  afterAll(() => cluster?.stop());

  it('admits a Job, lets the next wait for its quota with the reason, and admits it then', async () => {
    await cluster.apply(queuedJob('first', 'never'));
    await cluster.wait('jsonpath={.status.ready}=2', 'job/first');
    await cluster.apply(queuedJob('second', '1'));
    const reason = await cluster.until('the second Job waits', async () => {
      const { items } = await cluster.json(['get', 'workloads']);
      type Workload = {
        metadata: { ownerReferences: { name: string }[] };
        status?: { conditions?: { type: string; message: string }[] };
      };
      const workload = (items as Workload[]).find((w) => w.metadata.ownerReferences[0].name === 'second');
      return workload?.status?.conditions?.find(({ type }) => type === 'QuotaReserved')?.message;
    });
    expect(reason).toContain('insufficient unused quota for nvidia.com/gpu in flavor h100, 8 more needed');
    const { items } = await cluster.json(['get', 'pods', '--selector', 'job-name=first']);
    for (const { metadata } of items) await cluster.annotate('default', metadata.name, { seconds: 0 });
    await cluster.wait('condition=Complete', 'job/second');
  });

  it('completes a JobSet of two groups through the queue', async () => {
    const groups = ['actors', 'critics'].map((name) => ({
      name,
      replicas: 1,
      template: { spec: jobSpec(2, 2, '1') },
    }));
    await cluster.apply({
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'ranks', namespace: 'default', labels: QUEUE },
      spec: { suspend: true, replicatedJobs: groups },
    });
    await cluster.wait('condition=Completed', 'jobset/ranks');
  });

  it('refuses Jobs while Kueue is stopped', async () => {
    await cluster.kill('kueue');
    await expect(cluster.apply(queuedJob('third', '1'))).rejects.toThrow('failed calling webhook');
    await cluster.start('kueue');
    await cluster.until('Kueue answers', () => cluster.apply(queuedJob('third', '1')));
    await cluster.wait('condition=Complete', 'job/third');
  });
});
