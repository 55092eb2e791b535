import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import {
  applyCrds,
  conditionOf,
  isTrue,
  type OperatorProcess,
  type Resource,
  startOperator,
} from './testing/operator';

describe('a ModelServer on simulated nodes', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let operator: OperatorProcess;

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('servers');
    nodes = await cluster.addGpuNodes({ prefix: namespace, count: 2, labels: { spec: namespace } });
    operator = await startOperator(cluster, { namespace });
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster.removeNodes(nodes ?? []);
  });

  const server = (name: string, spec: object = {}, pods: object = {}) => ({
    apiVersion: 'open-chatgpt.io/v1alpha1',
    kind: 'ModelServer',
    metadata: { name },
    spec: { model: 'builtin:tiny', pods: { nodeSelector: { spec: namespace }, ...pods }, ...spec },
  });
  const apply = (resource: object) => cluster.apply(resource, { namespace });
  const get = (kind: string, name: string) => cluster.json<Resource>(['get', kind, name], { namespace });
  const patch = (name: string, spec: object) =>
    cluster.kubectl(['patch', 'msrv', name, '--type=merge', '--patch', JSON.stringify({ spec })], {
      namespace,
    });
  const waitReady = (name: string) =>
    cluster.kubectl(['wait', '--for=condition=Ready', `msrv/${name}`, TIMEOUT], { namespace });
  const podsOf = async (name: string): Promise<Resource[]> =>
    (await cluster.json(['get', 'pods', '-l', `open-chatgpt.io/server=${name}`], { namespace })).items;
  const variables = ({ spec }: Resource): Record<string, string> =>
    Object.fromEntries(
      spec.containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );

  it('becomes a Deployment and a Service, and says where it answers', async () => {
    await apply(
      server('chat', {
        weights: 'int8',
        servedModelName: 'gpt',
        pods: { nodeSelector: { spec: namespace }, gpus: 1 },
      }),
    );
    await waitReady('chat');
    const { status } = await get('msrv', 'chat');
    expect(status).toMatchObject({
      phase: 'Available',
      observedGeneration: 1,
      replicas: 1,
      readyReplicas: 1,
      selector: 'open-chatgpt.io/server=chat',
      url: `http://chat.${namespace}.svc`,
    });
    const [pod] = await podsOf('chat');
    expect(variables(pod)).toMatchObject({
      OPEN_CHATGPT_INFERENCE_MODELS: 'gpt=builtin:tiny',
      OPEN_CHATGPT_INFERENCE_WEIGHTS: 'int8',
    });
    expect(pod.spec.containers[0]).toMatchObject({
      image: 'example.test/inference:1',
      readinessProbe: { httpGet: { path: '/health/ready' } },
      resources: { limits: { 'nvidia.com/gpu': '1' } },
    });
    // The Service leads to the pod.
    const slices = await cluster.json(['get', 'endpointslices', '-l', 'kubernetes.io/service-name=chat'], {
      namespace,
    });
    expect(slices.items[0].endpoints[0].targetRef.name).toBe(pod.metadata.name);
    expect(slices.items[0].ports).toMatchObject([{ name: 'http', port: 3000 }]);
    const table = await cluster.kubectl(['get', 'msrv', 'chat'], { namespace });
    expect(table.split('\n')[0].split(/\s+/)).toEqual(
      expect.arrayContaining(['STATUS', 'MODEL', 'READY', 'REPLICAS', 'AGE']),
    );
  });

  it('is scaled by kubectl and an autoscaler, and the operator reverts nothing', async () => {
    await cluster.kubectl(['scale', 'msrv/chat', '--replicas=3'], { namespace });
    await cluster.until('three pods', async () => (await get('msrv', 'chat')).status.readyReplicas === 3);
    await waitReady('chat');
    const budget = await get('pdb', 'chat');
    expect(budget.spec).toMatchObject({ maxUnavailable: 1 });
    // An autoscaler writes to the same subresource, under a name of its own.
    const path = `/apis/open-chatgpt.io/v1alpha1/namespaces/${namespace}/modelservers/chat/scale`;
    const scale = JSON.parse(await cluster.kubectl(['get', '--raw', path]));
    expect(scale).toMatchObject({
      spec: { replicas: 3 },
      status: { replicas: 3, selector: 'open-chatgpt.io/server=chat' },
    });
    await cluster.kubectl(['scale', 'msrv/chat', '--replicas=2'], { namespace });
    await operator.kill();
    operator = await startOperator(cluster, { namespace });
    await cluster.until('two pods', async () => (await get('msrv', 'chat')).status.replicas === 2);
    await waitReady('chat');
    expect((await get('deployment', 'chat')).spec.replicas).toBe(2);
    await cluster.kubectl(['scale', 'msrv/chat', '--replicas=1'], { namespace });
    await cluster.until(
      'the budget to go',
      async () => (await cluster.json(['get', 'pdb'], { namespace })).items.length === 0,
    );
  });

  it('keeps the old pod until the new model is loaded', async () => {
    await cluster.kubectl(['scale', 'msrv/chat', '--replicas=2'], { namespace });
    await cluster.until('two pods', async () => (await get('msrv', 'chat')).status.readyReplicas === 2);
    await patch('chat', { model: 'builtin:other', pods: { annotations: { 'sim/ready': 'false' } } });
    await cluster.until(
      'a new pod to load',
      async () => conditionOf(await get('msrv', 'chat'), 'Ready')?.reason === 'ModelLoading',
    );
    const updating = await get('msrv', 'chat');
    expect(updating.status).toMatchObject({
      phase: 'Updating',
      readyReplicas: 2,
      observedGeneration: updating.metadata.generation,
    });
    expect(isTrue(updating, 'Available')).toBe(true);
    expect(isTrue(updating, 'Reconciling')).toBe(true);
    const isNew = (pod: Resource) => variables(pod).OPEN_CHATGPT_INFERENCE_MODELS === 'gpt=builtin:other';
    expect((await podsOf('chat')).filter((pod) => !isNew(pod))).toHaveLength(2);
    await patch('chat', { pods: { annotations: { 'sim/ready': 'true' } } });
    await waitReady('chat');
    await cluster.until('the old pods to go', async () => (await podsOf('chat')).every(isNew));
  });

  it.each([
    [
      'ImagePullBackOff',
      { 'sim/waiting': 'ImagePullBackOff', 'sim/waiting-message': 'no such image' },
      /no such image/,
    ],
  ])('that fails says why: %s', async (reason, annotations, message) => {
    await apply(server('broken', {}, { annotations }));
    const condition = await cluster.until('the reason', async () => {
      const found = conditionOf(await get('msrv', 'broken'), 'Ready');
      return found?.reason === reason ? found : undefined;
    });
    expect(condition).toMatchObject({ status: 'False', message: expect.stringMatching(message) });
    const { status } = await get('msrv', 'broken');
    expect(status.phase).toBe('Failing');
    expect(isTrue(await get('msrv', 'broken'), 'Available')).toBe(false);
  });

  it('waits for its Model, and serves it by its manifest', async () => {
    const model = { apiVersion: 'open-chatgpt.io/v1alpha1', kind: 'Model', metadata: { name: 'later' } };
    const manifest = {
      uri: 's3://bucket/models/later/m.json',
      sha256: 'b'.repeat(64),
      size: 7,
      version: '1',
    };
    await apply({ ...model, spec: { modelId: 'by-id', manifest } });
    await apply(server('waits', { model: 'store:by-id' }));
    await waitReady('waits');
    const [pod] = await podsOf('waits');
    expect(variables(pod).OPEN_CHATGPT_INFERENCE_MODELS).toBe(`by-id=${manifest.uri}`);
  });

  it('does not take over a Service of someone else', async () => {
    await cluster.kubectl(['create', 'service', 'clusterip', 'taken', '--tcp=80:80'], { namespace });
    await apply(server('taken'));
    await cluster.kubectl(['wait', '--for=condition=Stalled', 'msrv/taken', TIMEOUT], { namespace });
    expect(conditionOf(await get('msrv', 'taken'), 'Stalled')).toMatchObject({
      reason: 'NameTaken',
      message: expect.stringMatching(/the Service taken belongs to somebody else/),
    });
    expect((await get('service', 'taken')).metadata.ownerReferences).toBeUndefined();
  });

  it('leaves nothing behind', async () => {
    await cluster.kubectl(['delete', 'msrv', '--all', TIMEOUT], { namespace });
    await cluster.until('everything to go', async () => {
      const { items } = await cluster.json(['get', 'deploy,rs,pod,svc,pdb', '-l', 'open-chatgpt.io/server'], {
        namespace,
      });
      return items.length === 0;
    });
  });
});
