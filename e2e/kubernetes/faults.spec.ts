import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { History } from './testing/history';
import { applyCrds, metricsOf, type OperatorProcess, rlhfPipeline, startOperator } from './testing/operator';

/** Nobody listens there. */
const KAFKA_AWAY = { OPEN_CHATGPT_BUS: 'kafka://127.0.0.1:1' };
const LEASE = { OPEN_CHATGPT_LEASE_SECONDS: '2' };

describe('what the operator needs fails', () => {
  let cluster: Cluster;
  let audit: string;
  let operators: OperatorProcess[] = [];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-'));
    audit = join(folder, 'audit.log');
    const policy = join(folder, 'policy.yaml');
    writeFileSync(
      policy,
      JSON.stringify({
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        omitStages: ['RequestReceived'],
        rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'] }],
      }),
    );
    cluster = await startCluster({
      flags: {
        apiserver: ['--audit-log-path', audit, '--audit-policy-file', policy],
      },
    });
    await cluster.addGpuNodes();
    await applyCrds(cluster);
  });
  afterEach(async () => {
    await Promise.all(operators.splice(0).map((operator) => operator.kill()));
  });
  afterAll(() => cluster?.stop());

  const complete = (namespace: string, name: string) =>
    cluster.kubectl(['wait', '--for=condition=Complete', `rlhf/${name}`, TIMEOUT], { namespace });

  it('works while Kafka is away, and deletes while everything is away', async () => {
    const namespace = await cluster.createNamespace('busless');
    operators = [await startOperator(cluster, { namespace, env: KAFKA_AWAY })];
    await cluster.apply(rlhfPipeline({ name: 'alone', stages: ['sft'] }), { namespace });
    await complete(namespace, 'alone');
    await operators[0].kill();
    await cluster.kubectl(['delete', 'rlhf', 'alone', TIMEOUT], { namespace });
    await cluster.until(
      'its Job to go',
      async () =>
        (await cluster.json(['get', 'job,trun,cm', '-l', 'open-chatgpt.io/run'], { namespace })).items
          .length === 0,
    );
  });

  it('follows an API server that was killed, and lists again where the watch has expired', async () => {
    const namespace = await cluster.createNamespace('restarted');
    // A lease that is longer than the time for which it stands still.
    const env = { OPEN_CHATGPT_LEASE_SECONDS: '120' };
    operators = [await startOperator(cluster, { namespace, env })];
    const names = Array.from({ length: 4 }, (_, i) => `p-${i}`);
    await cluster.apply(
      names.map((name) =>
        rlhfPipeline({ name, stages: ['sft', 'reward'], simulated: { 'sim/seconds': '3' } }),
      ),
      { namespace },
    );
    const history = await History.of(cluster.kubeconfig, namespace);
    await cluster.kill('apiserver');
    await sleep(500);
    await cluster.start('apiserver');
    // While the operator stands still, the versions that it has seen are removed.
    operators[0].process.kill('SIGSTOP');
    await cluster.apply(rlhfPipeline({ name: 'meanwhile', stages: ['sft'] }), { namespace });
    await cluster.kubectl(['annotate', 'rlhf', '--all', '--overwrite', 'touched=true'], { namespace });
    await cluster.kill('apiserver');
    await cluster.forgetVersions();
    await cluster.start('apiserver');
    operators[0].process.kill('SIGCONT');
    for (const name of [...names, 'meanwhile']) await complete(namespace, name);
    await history.stop();
    for (const [name, count] of Object.entries(history.numberOf('Job')))
      expect([name, count]).toEqual([name, 1]);
    expect(await metricsOf(operators[0])).toMatch(
      /operator_lists_total\{resource="rlhfpipelines",reason="Expired"\} [1-9]/,
    );
  });

  it('lets one of two operators act, and the one that stood still never again', async () => {
    const namespace = await cluster.createNamespace('pair');
    const users = ['first', 'second'];
    await cluster.apply([
      ...users.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'pair' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: users.map((name) => ({ kind: 'ServiceAccount', name, namespace })),
      },
    ]);
    const start = async (user: string) =>
      startOperator(cluster, {
        namespace,
        env: { ...LEASE, KUBECONFIG: await cluster.kubeconfigOf(namespace, user) },
      });
    const first = await start('first');
    await cluster.until('the first to lead', () => first.log().includes('The operator leads'));
    const second = await start('second');
    operators = [first, second];
    await cluster.apply(
      Array.from({ length: 6 }, (_, i) =>
        rlhfPipeline({ name: `p-${i}`, stages: ['sft', 'reward'], simulated: { 'sim/seconds': '2' } }),
      ),
      { namespace },
    );
    await cluster.until(
      'runs to start',
      async () => (await cluster.json(['get', 'trun'], { namespace })).items.length >= 3,
    );
    expect(second.log()).not.toContain('The operator leads');
    first.process.kill('SIGSTOP');
    await cluster.until('the second to lead', () => second.log().includes('The operator leads'));
    const line = second
      .log()
      .split('\n')
      .find((one) => one.includes('Leads: holds the lease'));
    const handedOver: string = JSON.parse(line!).time;
    await sleep(1000);
    const exited = new Promise<number | null>((resolve) => first.process.once('exit', resolve));
    first.process.kill('SIGCONT');
    for (let i = 0; i < 6; i++) await complete(namespace, `p-${i}`);
    expect(await exited).toBe(1);
    expect(first.log()).toContain('The lease is lost; the process ends');
    type Entry = {
      user: { username: string };
      objectRef?: { resource: string };
      responseStatus?: { code: number };
      stageTimestamp: string;
    };
    const entries = readFileSync(audit, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
    const writes = (name: string) =>
      entries.filter(
        ({ user, objectRef, responseStatus }) =>
          user.username === `system:serviceaccount:${namespace}:${name}` &&
          objectRef?.resource !== 'leases' &&
          (responseStatus?.code ?? 0) < 300,
      );
    expect(writes('first').length).toBeGreaterThan(0);
    expect(writes('second').length).toBeGreaterThan(0);
    expect(writes('first').filter(({ stageTimestamp }) => stageTimestamp > handedOver)).toEqual([]);
    expect(writes('second').filter(({ stageTimestamp }) => stageTimestamp < handedOver)).toEqual([]);
  });
});
