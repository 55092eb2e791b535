import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import {
  applyCrds,
  conditionOf,
  type OperatorProcess,
  type Resource,
  startOperator,
  trainingRun,
} from './testing/operator';

describe('runs whose pods start together', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let blind: string;
  let nodes: string[];
  let operators: OperatorProcess[] = [];

  const run = (name: string, ranks: number, { simulated = {}, of = namespace } = {}) =>
    trainingRun({
      name,
      simulated,
      trainer: {
        ranks,
        gpus: 8,
        nodeSelector: { spec: of },
        terminationGracePeriodSeconds: 1,
      },
    });
  const get = (name: string, of = namespace, kind = 'trun') =>
    cluster.json<Resource>(['get', kind, name], { namespace: of });
  const podsOf = async (name: string, of = namespace): Promise<Resource[]> =>
    (await cluster.json(['get', 'pods', '-l', `open-chatgpt.io/run=${name}`], { namespace: of })).items;
  const complete = (name: string, of = namespace) =>
    cluster.kubectl(['wait', '--for=condition=Complete', `trun/${name}`, TIMEOUT], { namespace: of });
  const ready = (name: string, reason: string, of = namespace) =>
    cluster.until(`${name} says ${reason}`, async () => {
      const condition = conditionOf(await get(name, of), 'Ready');
      return condition?.reason === reason ? condition : undefined;
    });
  const addNodes = async (of: string, count: number, prefix = of) => {
    nodes.push(...(await cluster.addGpuNodes({ prefix, count, labels: { spec: of } })));
  };

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('gang');
    blind = await cluster.createNamespace('blind');
    nodes = [];
    await addNodes(namespace, 2);
    await addNodes(blind, 2);
    operators = await Promise.all([
      startOperator(cluster, { namespace, config: { nodes: true } }),
      // As in a namespaced installation: without the permission to read nodes.
      startOperator(cluster, { namespace: blind, config: { nodes: false, gangTimeoutSeconds: 4 } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all(operators.map((operator) => operator.stop()));
    await cluster.removeNodes(nodes ?? []);
  });

  it('is an Indexed Job with a headless Service, by which the ranks find each other', async () => {
    await cluster.apply(run('ranks', 2, { simulated: { 'sim/seconds': '2' } }), { namespace });
    await complete('ranks');
    expect((await get('ranks', namespace, 'job')).spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 2,
      parallelism: 2,
    });
    expect((await get('ranks', namespace, 'service')).spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { 'batch.kubernetes.io/job-name': 'ranks' },
    });
    const pods = await podsOf('ranks');
    expect(new Set(pods.map(({ spec }) => spec.nodeName)).size).toBe(2);
    for (const { spec } of pods) {
      expect(spec.subdomain).toBe('ranks');
      expect(spec.containers[0].env).toContainEqual({
        name: 'OPEN_CHATGPT_COORDINATOR',
        value: `ranks-0.ranks.${namespace}.svc`,
      });
    }
  });

  it('waits with the reason while there are not enough GPUs, and goes on when a node comes', async () => {
    await cluster.apply(run('large', 3), { namespace });
    expect(await ready('large', 'InsufficientDevices')).toMatchObject({
      status: 'False',
      message:
        'No room for 1 of 3 trainer pods (8 nvidia.com/gpu each); free where they may run: 16 nvidia.com/gpu on 2 nodes. All pods of a run start together, or none',
    });
    expect(await podsOf('large')).toEqual([]);
    expect((await get('large')).status.phase).toBe('Pending');
    await addNodes(namespace, 1, `${namespace}-more`);
    await complete('large');
    await cluster.removeNodes([`${namespace}-more-1`]);
  });

  it.each([
    ['sees the nodes', () => namespace],
    ['cannot see the nodes', () => blind],
  ])('never starts one half each of two runs that do not fit together: it %s', async (_, which) => {
    const of = which();
    const names = ['one', 'other', 'third'];
    await cluster.apply(
      names.map((name) => run(name, 2, { of, simulated: { 'sim/seconds': '2' } })),
      { namespace: of },
    );
    const halves = new Set<string>();
    await cluster.until('all to complete', async () => {
      const { items } = await cluster.json(['get', 'pods,trun'], { namespace: of });
      const bound = (items as Resource[]).filter(({ spec }) => spec.nodeName);
      const half = names.filter(
        (name) =>
          bound.filter(({ metadata }) => metadata.labels['open-chatgpt.io/run'] === name).length === 1,
      );
      if (half.length > 1) halves.add(half.join(' and '));
      return (
        (items as Resource[]).filter(({ status }) => status?.phase === 'Complete').length >= names.length
      );
    });
    expect([...halves]).toEqual([]);
  });

  it('gives the devices back when not all pods are on nodes in time', async () => {
    await cluster.apply(run('halved', 3, { of: blind, simulated: { 'sim/seconds': 'never' } }), {
      namespace: blind,
    });
    const { message } = await ready('halved', 'GangTimeout', blind);
    expect(message).toMatch(
      /^Not all pods of the run were on nodes after 4 s, so none of them keeps its devices; halved-\d-\w+: .*Insufficient nvidia.com\/gpu/,
    );
    await cluster.until('its pods to go', async () => (await podsOf('halved', blind)).length === 0);
    // Another run takes them meanwhile.
    await cluster.apply(run('smaller', 2, { of: blind }), { namespace: blind });
    await complete('smaller', blind);
    await cluster.kubectl(['delete', 'trun', 'halved'], { namespace: blind });
  });

  it('scales the rollout workers of a PPO run through its scale subresource', async () => {
    const ppo = trainingRun({
      name: 'x-ppo',
      stage: 'ppo',
      simulated: { 'sim/seconds': 'never' },
      trainer: { nodeSelector: { spec: namespace } },
      spec: {
        rollouts: { nodeSelector: { spec: namespace } },
        critics: { nodeSelector: { spec: namespace } },
      },
    });
    await cluster.apply(ppo, { namespace });
    const deployment = async () => get('x-ppo-rollouts', namespace, 'deploy');
    const scaled = async (replicas: number) => {
      await cluster.kubectl(['scale', 'trun/x-ppo', `--replicas=${replicas}`], { namespace });
      await cluster.until(
        `${replicas} workers`,
        async () => (await get('x-ppo')).status.rollouts?.ready === replicas,
      );
    };
    await cluster.until('a worker', async () => (await get('x-ppo')).status?.rollouts?.ready === 1);
    const { metadata } = await deployment();
    await scaled(3);
    // What an autoscaler reads.
    const scale = JSON.parse(
      await cluster.kubectl([
        'get',
        '--raw',
        `/apis/open-chatgpt.io/v1alpha1/namespaces/${namespace}/trainingruns/x-ppo/scale`,
      ]),
    );
    expect(scale).toMatchObject({
      spec: { replicas: 3 },
      status: { replicas: 3, selector: expect.stringContaining('open-chatgpt.io/role=rollout') },
    });
    const selected = await cluster.json(['get', 'pods', '-l', scale.status.selector], { namespace });
    expect(selected.items).toHaveLength(3);
    // A new operator, which applies everything once, and another configuration: neither the number nor the pods change.
    await operators[0].stop();
    operators[0] = await startOperator(cluster, {
      namespace,
      config: { nodes: true, env: [{ name: 'NEW', value: 'version' }] },
    });
    await cluster.kubectl(['annotate', 'trun', 'x-ppo', 'touched=yes'], { namespace });
    await cluster.until('the new operator to act', async () =>
      operators[0].log().includes('The operator leads'),
    );
    await scaled(2);
    const after = await deployment();
    expect(after.metadata.uid).toBe(metadata.uid);
    expect(JSON.stringify(after.spec.template)).not.toContain('NEW');
    expect(after.spec.replicas).toBe(2);
    await cluster.kubectl(['delete', 'trun', 'x-ppo'], { namespace });
    await cluster.until(
      'its workers to go',
      async () => (await cluster.json(['get', 'deploy'], { namespace })).items.length === 0,
    );
  });
});
