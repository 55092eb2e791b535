import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { Api } from '../testing/api';
import { openchat } from '../testing/openchat';
import { type ServiceProcess, startServiceProcess } from '../testing/service-process';
import { until } from '../testing/until';
import { CHART, dev } from './chart/helm';
import {
  applyCrds,
  type OperatorProcess,
  type Resource,
  rlhfPipeline,
  startOperator,
} from './testing/operator';

interface Pipeline {
  status: string;
  deletedAt?: string;
  stages: { stage: string; status: string }[];
  resource: { name: string; uid: string };
}

/** Gateway and operator as processes beside a real API server; the pods are simulated, so no run has events of its own. */
describe('a gateway beside a real API server', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let folder: string;
  let nodes: string[] = [];
  let operator: OperatorProcess;
  let gateway: ServiceProcess;
  let kubeconfig: string;

  const startGateway = () =>
    startServiceProcess('gateway', {
      KUBECONFIG: kubeconfig,
      OPEN_CHATGPT_RESOURCES: `kubernetes:${namespace}`,
      OPEN_CHATGPT_STORE: join(folder, 'store'),
      OPEN_CHATGPT_WORK_DIR: folder,
      OPEN_CHATGPT_PIPELINE_FOLDERS: '/',
    });
  /** The gateway has the rights that the chart gives it, and no others. */
  const withRightsOfChart = async () => {
    const account = 'rlhf-open-chatgpt-gateway';
    await kubectl('create', 'serviceaccount', account);
    const only = ['--show-only', 'templates/rbac-gateway.yaml', '--values', '-'];
    const input = JSON.stringify(dev);
    const roles = await cluster.helm(['template', 'rlhf', CHART, ...only], { namespace, input });
    await cluster.apply(roles, { namespace });
    return cluster.kubeconfigOf(namespace, account);
  };
  const pipeline = (id: string) => new Api(gateway.url).get<Pipeline>(`/v1/pipelines/${id}`);
  const untilPipeline = async (id: string, expected: (found: Pipeline) => boolean) => {
    await until(async () => expected(await pipeline(id)));
    return pipeline(id);
  };
  const cli = (...args: string[]) =>
    openchat(args, { cwd: folder, env: { OPEN_CHATGPT_GATEWAY: gateway.url } });
  const kubectl = (...args: string[]) => cluster.kubectl(args, { namespace });
  const apply = (name: string, seconds: string) =>
    cluster.apply(
      rlhfPipeline({
        name,
        stages: ['sft', 'reward'],
        simulated: { 'sim/seconds': seconds },
        spec: { trainer: { nodeSelector: { spec: namespace } } },
      }),
      { namespace },
    );

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('gateway');
    folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    nodes = await cluster.addGpuNodes({ prefix: namespace, count: 1, gpus: 8, labels: { spec: namespace } });
    operator = await startOperator(cluster, { namespace });
    kubeconfig = await withRightsOfChart();
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway?.stop();
    await operator?.stop();
    await cluster.removeNodes(nodes);
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows what kubectl applies, until it is complete', async () => {
    await apply('applied', '1');
    await untilPipeline('applied', ({ status }) => status === 'running');
    expect((await cli('get', 'pipelines')).stdout).toMatch(/applied +running/);
    const done = await untilPipeline('applied', ({ status }) => status === 'completed');
    expect(done.stages).toMatchObject([
      { stage: 'sft', status: 'completed', model: { version: 'applied' } },
      { stage: 'reward', status: 'completed' },
    ]);
    const watched = await cli('watch', 'applied', '--json');
    expect([watched.code, watched.stderr]).toEqual([0, '']);
    expect(watched.stdout).toContain('"status":"completed"');
  });

  it('makes a resource of what openchat run submits', async () => {
    const file = join(folder, 'submitted.yaml');
    writeFileSync(file, JSON.stringify({ name: 'submitted', ...pipelineFields }));
    const submitted = cli('run', file, '--gateway', gateway.url, '--json');
    let name = '';
    await cluster.until('the resource', async () => {
      name =
        (await kubectl('get', 'rlhf', '-o', 'name')).split('\n').find((one) => one.includes('/submitted-')) ??
        '';
      return name !== '';
    });
    const id = name.split('/')[1];
    await untilPipeline(id, ({ resource }) => resource?.name === id);
    expect((await cli('cancel', id)).stdout).toBe(`${id}: cancelled\n`);
    expect((await submitted).code).toBe(1);
    await kubectl('wait', '--for=condition=Suspended', name, TIMEOUT);
    await cli('resume', id);
    await kubectl('wait', '--for=condition=Suspended=False', name, TIMEOUT);
    expect(await pipeline(id)).toMatchObject({ status: 'running', resumed: 1 });
    await cli('delete', 'pipelines', id);
    await kubectl('wait', '--for=delete', name, TIMEOUT);
    expect((await cli('get', 'pipelines')).stdout).toMatch(new RegExp(`${id} +cancelled`));
  });

  it('says what the API server refuses, and which field', async () => {
    const submit = async (pipelineId: string, changes = {}) => {
      const pipeline = { name: 'refused', ...pipelineFields, ...changes };
      return (await new Api(gateway.url).post('/v1/pipelines', { pipelineId, pipeline })).json();
    };
    expect(await submit('refused', { model: { path: `/${'x'.repeat(10_000)}` } })).toMatchObject({
      status: 400,
      errors: [{ field: 'pipeline.model.path', message: expect.stringMatching(/Too long/) }],
    });
    await cluster.apply(rlhfPipeline({ name: 'taken', spec: { suspend: true, pipelineId: 'another' } }), {
      namespace,
    });
    expect(await submit('taken')).toMatchObject({
      status: 409,
      detail: expect.stringContaining('there is already a resource RlhfPipeline "taken"'),
    });
    expect((await cli('get', 'pipelines')).stdout).not.toContain('refused');
  });

  it('keeps the history of what kubectl deletes, also while no gateway runs', async () => {
    for (const name of ['deleted', 'meanwhile']) await apply(name, 'never');
    for (const name of ['deleted', 'meanwhile'])
      await untilPipeline(name, ({ stages }) => stages?.[0].status === 'running');
    await kubectl('delete', 'rlhf', 'deleted');
    expect(await untilPipeline('deleted', ({ stages }) => stages[0].status === 'cancelled')).toMatchObject({
      status: 'cancelled',
      deletedAt: expect.any(String),
    });
    await gateway.kill();
    await kubectl('delete', 'rlhf', 'meanwhile');
    await apply('new', '1');
    gateway = await startGateway();
    await untilPipeline(
      'meanwhile',
      ({ status, stages }) => status === 'cancelled' && stages[0].status === 'cancelled',
    );
    await untilPipeline('new', ({ status }) => status === 'completed');
    expect(await kubectl('get', 'jobs,pods', '-o', 'name')).not.toMatch(/deleted|meanwhile/);
  });

  it('makes a Dataset of a request, and has the rights that it needs', async () => {
    const api = new Api(gateway.url);
    const source = 'https://example.org/rows.jsonl';
    expect((await api.post('/v1/datasets', { datasetId: 'rows', source })).status).toBe(202);
    const { spec } = await cluster.json<Resource>(['get', 'dset', 'rows'], { namespace });
    expect(spec).toMatchObject({ datasetId: 'rows', source });
    expect(await api.get('/v1/runs/applied-sft/logs')).toMatchObject({
      // Simulated nodes have no logs.
      detail: expect.stringMatching(
        /^the cluster cannot answer now: .*(log|node|kubelet|dial|proxy|lookup)/i,
      ),
    });
    expect(JSON.stringify(gateway.log())).not.toMatch(/forbidden/i);
  });
});

const pipelineFields = {
  model: { scratch: { hiddenSize: 32, intermediateSize: 64, numHiddenLayers: 1, numAttentionHeads: 2 } },
  stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' }, maxSteps: 5 } }],
};
