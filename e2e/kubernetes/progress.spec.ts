import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { contractOf, fromMessage } from '@open-chatgpt/events';
import { Bus, EventPublisher, eventTopics, KafkaDriver } from '@open-chatgpt/messaging';
import { type Cluster, sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
import {
  applyCrds,
  conditionOf,
  metricsOf,
  type OperatorProcess,
  type Resource,
  startOperator,
  trainingRun,
} from './testing/operator';

const FACTS = 'openchatgpt.run.fact.v1';
const dataref = { uri: 's3://bucket/manifest.json', sha256: 'a'.repeat(64), size: 1, version: 'step-20' };

describe('the progress of a run', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let kafka: Broker;
  let driver: KafkaDriver;
  let publisher: EventPublisher;
  let operator: OperatorProcess;
  let kubeconfig: string;

  const get = () => cluster.json<Resource>(['get', 'trun', 'followed'], { namespace });
  const common = { pipelineId: 'p', stage: 'sft', algorithm: 'sft' as const, runId: 'followed', attempt: 1 };
  const progressed = (step: number) =>
    publisher.publish('run.progressed', {
      ...common,
      phase: 'training',
      step,
      totalSteps: 1000,
      metrics: { loss: 1 / step },
      seconds: 0.5,
    });
  /** Events that the group of the operator has not committed. */
  const lag = async () => (await driver.lag('operator', [FACTS])).reduce((sum, one) => sum + one.lag, 0);
  const writes = async () => {
    const metrics = await metricsOf(operator);
    return Number(
      /operator_api_calls_total\{verb="apply",resource="trainingruns\/status",code="200"\} (\d+)/.exec(
        metrics,
      )?.[1] ?? 0,
    );
  };
  const start = (more: Record<string, string> = {}) =>
    startOperator(cluster, {
      namespace,
      env: { KUBECONFIG: kubeconfig, OPEN_CHATGPT_BUS: `kafka://${kafka.brokers.join(',')}`, ...more },
    });
  const grant = (name: string, rules: object[]) =>
    cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: `${namespace}-${name}` },
        rules,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `${namespace}-${name}` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${namespace}-${name}` },
        subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace }],
      },
    ]);

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('progress');
    [nodes, kafka] = await Promise.all([
      cluster.addGpuNodes({ prefix: namespace, count: 1, labels: { spec: namespace } }),
      startKafka(),
    ]);
    driver = new KafkaDriver({ brokers: kafka.brokers });
    const bus = new Bus({ driver });
    await bus.ensureTopics(eventTopics(1));
    publisher = new EventPublisher(bus, '/test');
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'operator', namespace },
    });
    const all = ['*'];
    const rules = {
      '': ['pods', 'events', 'configmaps', 'services', 'nodes', 'serviceaccounts', 'persistentvolumeclaims'],
      batch: ['jobs'],
      apps: ['deployments'],
      'coordination.k8s.io': ['leases'],
      'open-chatgpt.io': [
        'rlhfpipelines',
        'trainingruns',
        'datasets',
        'models',
        'modelservers',
        'rlhfpipelines/status',
      ],
      'authentication.k8s.io': ['tokenreviews'],
      'authorization.k8s.io': ['subjectaccessreviews'],
    };
    // Everything but the status of runs.
    await grant(
      'most',
      Object.entries(rules).map(([group, resources]) => ({ apiGroups: [group], resources, verbs: all })),
    );
    kubeconfig = await cluster.kubeconfigOf(namespace, 'operator');
    operator = await start();
    await cluster.apply(
      trainingRun({
        name: 'followed',
        simulated: { 'sim/seconds': 'never' },
        trainer: { nodeSelector: { spec: namespace } },
      }),
      { namespace },
    );
  });
  afterAll(async () => {
    await operator?.kill();
    await driver?.close();
    await kafka?.stop();
    await cluster.removeNodes(nodes ?? []);
  });

  it('is in the status before the event is committed', async () => {
    await publisher.publish('run.started', {
      ...common,
      step: 0,
      totalSteps: 1000,
      worker: 'followed-0',
      info: {},
    });
    await progressed(10);
    await progressed(20);
    await publisher.publish('run.checkpointed', { ...common, step: 20, checkpoint: dataref });
    await cluster.until('the operator to have received them', () =>
      operator.log().includes('The operator receives events'),
    );
    // It must not write the status: the events stay.
    await sleep(3000);
    expect(await lag()).toBeGreaterThanOrEqual(4);
    await operator.kill();
    operator = await start();
    await grant('status', [
      {
        apiGroups: ['open-chatgpt.io'],
        resources: ['trainingruns/status'],
        verbs: ['patch', 'update', 'get'],
      },
    ]);
    await cluster.until('the events to be committed', async () => (await lag()) === 0);
    const run = await get();
    expect(run.status).toMatchObject({
      attempt: 1,
      step: 20,
      totalSteps: 1000,
      progressPercent: 2,
      remainingSeconds: 49,
      worker: 'followed-0',
      metrics: { loss: 0.05 },
      checkpoint: { step: 20, manifest: dataref },
      lastProgressTime: expect.any(String),
    });
    expect(conditionOf(run, 'CheckpointCommitted')?.message).toBe(
      'The checkpoint of step 20 is in the store',
    );
  });

  it('is written at a bounded rate, and its last step soon', async () => {
    const before = await writes();
    const begin = Date.now();
    for (let step = 21; step <= 200; step++) {
      await progressed(step);
      if (step % 3 === 0) await sleep(100);
    }
    await cluster.until('the last step', async () => (await get()).status.step === 200);
    const seconds = (Date.now() - begin) / 1000;
    const count = (await writes()) - before;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(2 + seconds / 5);
    await cluster.until('the events to be committed', async () => (await lag()) === 0);
  });

  it('publishes the request of a run that was made while Kafka and then the operator were away', async () => {
    await kafka.kill();
    const name = 'unheard';
    await cluster.apply(
      trainingRun({
        name,
        simulated: { 'sim/seconds': 'never' },
        trainer: { nodeSelector: { spec: namespace } },
      }),
      { namespace },
    );
    await cluster.until('its Job', () => cluster.json(['get', 'job', name], { namespace }));
    await operator.kill();
    operator = await start();
    await kafka.start();
    const announced = () => cluster.json<Resource>(['get', 'job', name], { namespace });
    await cluster.until(
      'the Job to be announced',
      async () => (await announced()).metadata.annotations?.['open-chatgpt.io/announced'],
    );
    const requests = (await driver.read(contractOf('run.requested').topic))
      .map(fromMessage)
      .filter(({ type, data }) => type === 'run.requested' && (data as { runId: string }).runId === name);
    expect(requests.map(({ id }) => id)).toEqual([`${name}/requested/0`]);
  });

  it('shows its metrics by HTTPS to those whom RBAC lets read them, and to nobody else', async () => {
    await operator.stop();
    operator = await start({ OPEN_CHATGPT_METRICS_PORT: '0' });
    const port = await cluster.until('the port', () =>
      Number(/"metricsPort":(\d+)/.exec(operator.log())?.[1]),
    );
    const read = (token?: string) => getBody(port, token);
    await cluster.apply(
      ['reader', 'stranger'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace },
      })),
    );
    await cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: `${namespace}-metrics-reader` },
        rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `${namespace}-metrics-reader` },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: `${namespace}-metrics-reader`,
        },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }],
      },
    ]);
    const token = async (name: string) =>
      (await cluster.kubectl(['create', 'token', name], { namespace })).trim();
    expect(await read()).toMatchObject({ status: 401 });
    expect(await read('made-up')).toMatchObject({ status: 401 });
    expect(await read(await token('stranger'))).toMatchObject({ status: 403, body: '' });
    const { status, body } = await read(await token('reader'));
    expect(status).toBe(200);
    expect(body).toMatch(/operator_api_calls_total\{verb="list",resource="trainingruns"/);
    expect(body).toMatch(/operator_resources\{kind="TrainingRun",phase="\w+"\} [1-9]/);
    // The port of the probes has none.
    expect(await metricsOf(operator)).not.toContain('operator_api_calls_total');
  });
});

function getBody(port: number, token?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port,
        path: '/metrics',
        // It has signed its certificate itself.
        rejectUnauthorized: false,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      },
      (response) => {
        let body = '';
        response.on('data', (part) => (body += part));
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      },
    )
      .on('error', reject)
      .end();
  });
}
