import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import {
  applyCrds,
  type OperatorProcess,
  type Resource,
  rlhfPipeline,
  startOperator,
} from './testing/operator';

const DRIVER = 'gpu.example.test';

describe('a run of several ranks, with devices by resource claims', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let operator: OperatorProcess;

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('ranks');
    nodes = await cluster.addGpuNodes({
      prefix: namespace,
      count: 2,
      labels: { spec: namespace },
      taints: [],
    });
    operator = await startOperator(cluster, { namespace });
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster.kubectl(['delete', 'resourceslice,deviceclass', '-l', `spec=${namespace}`]);
    await cluster.removeNodes(nodes ?? []);
  });

  const run = (name: string, trainer: object) =>
    cluster.apply(
      rlhfPipeline({
        name,
        stages: ['sft'],
        spec: { trainer: { nodeSelector: { spec: namespace }, ...trainer } },
        simulated: { 'sim/seconds': 'never' },
      }),
      { namespace },
    );
  const podsOf = async (name: string): Promise<Resource[]> =>
    (await cluster.json(['get', 'pods', '-l', `open-chatgpt.io/run=${name}-sft`], { namespace })).items;

  it('is an Indexed Job whose pods find each other by name', async () => {
    await run('pair', { ranks: 2, gpus: 8 });
    const pods = await cluster.until('two pods that run', async () => {
      const found = await podsOf('pair');
      return found.length === 2 && found.every(({ status }) => status.phase === 'Running')
        ? found
        : undefined;
    });
    // All GPUs of a node each: the ranks are on two nodes.
    expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(2);
    const hosts = pods.map(({ spec }) => `${spec.hostname}.${spec.subdomain}`).sort();
    expect(hosts).toEqual(['pair-sft-0.pair-sft', 'pair-sft-1.pair-sft']);
    for (const { spec, metadata } of pods) {
      const variables = new Map<string, { value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }>(
        spec.containers[0].env.map((one: { name: string }) => [one.name, one]),
      );
      expect(variables.get('OPEN_CHATGPT_WORLD_SIZE')?.value).toBe('2');
      expect(variables.get('OPEN_CHATGPT_COORDINATOR')?.value).toBe(`pair-sft-0.pair-sft.${namespace}.svc`);
      expect(variables.get('OPEN_CHATGPT_RANK')?.valueFrom?.fieldRef.fieldPath).toContain(
        'job-completion-index',
      );
      expect(metadata.labels['batch.kubernetes.io/job-completion-index']).toMatch(/^[01]$/);
    }
    // The names are in DNS before the pods are ready: the slices of the headless Service have them.
    const service = await cluster.json<Resource>(['get', 'service', 'pair-sft'], { namespace });
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    await cluster.until('the names', async () => {
      const { items } = await cluster.json(
        ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=pair-sft'],
        { namespace },
      );
      const named = items.flatMap(({ endpoints }: { endpoints: { hostname?: string }[] }) =>
        endpoints.map(({ hostname }) => hostname),
      );
      return named.sort().join() === 'pair-sft-0,pair-sft-1';
    });
    await cluster.kubectl(['delete', 'rlhf', 'pair', TIMEOUT], { namespace });
  });

  it('takes its devices from a ResourceClaimTemplate', async () => {
    await cluster.apply([
      {
        apiVersion: 'resource.k8s.io/v1',
        kind: 'DeviceClass',
        metadata: { name: namespace, labels: { spec: namespace } },
        spec: { selectors: [{ cel: { expression: `device.driver == "${DRIVER}"` } }] },
      },
      ...nodes.map((node) => ({
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceSlice',
        metadata: { name: `${node}-gpus`, labels: { spec: namespace } },
        spec: {
          driver: DRIVER,
          nodeName: node,
          pool: { name: node, generation: 1, resourceSliceCount: 1 },
          devices: [{ name: 'gpu-0' }, { name: 'gpu-1' }],
        },
      })),
    ]);
    await cluster.apply(
      {
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceClaimTemplate',
        metadata: { name: 'two-gpus' },
        spec: {
          spec: {
            devices: { requests: [{ name: 'gpus', exactly: { deviceClassName: namespace, count: 2 } }] },
          },
        },
      },
      { namespace },
    );
    await run('claimed', { resourceClaimTemplateName: 'two-gpus' });
    const [pod] = await cluster.until('a pod that runs', async () => {
      const found = await podsOf('claimed');
      return found[0]?.status.phase === 'Running' ? found : undefined;
    });
    expect(pod.spec.resourceClaims).toEqual([{ name: 'devices', resourceClaimTemplateName: 'two-gpus' }]);
    const { resources } = pod.spec.containers[0];
    expect(resources.claims).toEqual([{ name: 'devices' }]);
    // No resource is counted beside the claim.
    expect(resources.limits?.['nvidia.com/gpu']).toBeUndefined();
    const [{ resourceClaimName }] = pod.status.resourceClaimStatuses;
    const claim = await cluster.json<Resource>(['get', 'resourceclaim', resourceClaimName], { namespace });
    expect(claim.status.allocation.devices.results).toMatchObject([
      { driver: DRIVER, pool: pod.spec.nodeName },
      { driver: DRIVER, pool: pod.spec.nodeName },
    ]);
    expect(claim.status.reservedFor).toMatchObject([{ resource: 'pods', name: pod.metadata.name }]);
    await cluster.kubectl(['delete', 'rlhf', 'claimed', TIMEOUT], { namespace });
  });
});
