import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { rlhfPipeline, startOperator } from '../testing/operator';
import { CHART, dev, merged, type Values } from './helm';
import { allowedOf } from './rights';

/** What the operator does in a namespace where runs execute. */
const OPERATOR = [
  ...['rlhfpipelines', 'trainingruns', 'datasets', 'models', 'modelservers'].flatMap((resource) => [
    `watch ${resource}.open-chatgpt.io`,
    `patch ${resource}.open-chatgpt.io`,
    `patch ${resource}.open-chatgpt.io/status`,
  ]),
  'create trainingruns.open-chatgpt.io',
  'delete trainingruns.open-chatgpt.io',
  'delete rlhfpipelines.open-chatgpt.io',
  'create models.open-chatgpt.io',
  ...['jobs.batch', 'deployments.apps', 'services', 'configmaps'].flatMap((resource) =>
    ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'].map((verb) => `${verb} ${resource}`),
  ),
  ...['jobsets.jobset.x-k8s.io', 'poddisruptionbudgets.policy'].flatMap((resource) =>
    ['get', 'create', 'patch', 'delete'].map((verb) => `${verb} ${resource}`),
  ),
  'patch jobs.batch/status',
  ...['get', 'create', 'delete'].map((verb) => `${verb} workloads.scheduling.k8s.io`),
  'watch pods',
  'delete pods',
  'patch pods/status',
  'get pods/log',
  'list events',
  'create events',
  'patch events.events.k8s.io',
  'list workloads.kueue.x-k8s.io',
];

/** What would let it, or who breaks into it, reach more than runs. */
const NEVER = [
  ...['get', 'list', 'watch', 'create'].map((verb) => `${verb} secrets`),
  'create pods',
  'patch pods',
  'create pods/exec',
  'create pods/attach',
  'create serviceaccounts',
  'create serviceaccounts/token',
  'create roles.rbac.authorization.k8s.io',
  'create rolebindings.rbac.authorization.k8s.io',
  'bind clusterroles.rbac.authorization.k8s.io',
  'escalate clusterroles.rbac.authorization.k8s.io',
  'impersonate users',
  'delete datasets.open-chatgpt.io',
  'create rlhfpipelines.open-chatgpt.io',
  'delete namespaces',
  'patch nodes',
  'patch customresourcedefinitions.apiextensions.k8s.io',
  'create statefulsets.apps',
  'get persistentvolumeclaims',
  'delete networkpolicies.networking.k8s.io',
];

const GATEWAY = [
  ...['get', 'list', 'watch', 'create', 'patch', 'delete'].map(
    (verb) => `${verb} rlhfpipelines.open-chatgpt.io`,
  ),
  ...['get', 'list', 'watch', 'patch'].map((verb) => `${verb} trainingruns.open-chatgpt.io`),
  ...['datasets', 'models'].flatMap((resource) =>
    ['get', 'create', 'delete'].map((verb) => `${verb} ${resource}.open-chatgpt.io`),
  ),
  'get pods',
  'list pods',
  'get pods/log',
];

describe('rights of service accounts', () => {
  let cluster: Cluster;
  const operator = 'rlhf-open-chatgpt-operator';
  const gateway = 'rlhf-open-chatgpt-gateway';

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.addGpuNodes({ prefix: 'cpu', count: 2, gpus: 0 });
  });
  afterAll(() => cluster?.stop());

  /** Runs the operator as its pod would: with the rights of its service account and the configuration of the chart. */
  async function completePipeline(release: string, namespace: string): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'operator-config-'));
    const { data } = await cluster.json(['get', 'configmap', operator], { namespace: release });
    const config = join(folder, 'operator.yaml');
    writeFileSync(config, data['operator.yaml']);
    const kubeconfig = await cluster.kubeconfigOf(release, operator);
    const running = await startOperator(cluster, {
      namespace: release,
      env: { KUBECONFIG: kubeconfig, OPEN_CHATGPT_OPERATOR_CONFIG: config },
    });
    try {
      await cluster.apply(rlhfPipeline({ name: 'whole' }), { namespace });
      const wait = ['wait', '--for=condition=Complete', 'rlhf/whole', TIMEOUT];
      await cluster.kubectl(wait, { namespace });
      const events = await cluster.json(['get', 'events.events.k8s.io'], { namespace });
      expect(events.items.map(({ reason }: { reason: string }) => reason)).toContain('StageStarted');
      expect(running.log()).not.toMatch(/forbidden/i);
    } finally {
      await running.stop();
      rmSync(folder, { recursive: true });
    }
  }

  const install = async (values: Values) => {
    const namespace = await cluster.createNamespace('rlhf');
    const input = JSON.stringify(merged(dev, values));
    await cluster.helm(['install', 'rlhf', CHART, '--values', '-'], { namespace, input });
    return namespace;
  };

  describe('in the scope cluster', () => {
    let namespace: string;
    beforeAll(async () => {
      namespace = await install({ operator: { metrics: { secure: true } } });
    });
    afterAll(() => cluster.helm(['uninstall', 'rlhf'], { namespace }));

    it('lets the operator do its work in every namespace, and nothing else', async () => {
      for (const where of [namespace, 'default']) {
        expect(await allowedOf(cluster, [namespace, operator], where, OPERATOR)).toEqual(OPERATOR);
        expect(await allowedOf(cluster, [namespace, operator], where, NEVER)).toEqual([]);
      }
    });

    it('is enough for a pipeline in another namespace', async () => {
      await completePipeline(namespace, await cluster.createNamespace('team'));
    });

    it('lets the operator hold a lease in its own namespace only', async () => {
      const leases = ['get', 'create', 'update', 'patch'].map((verb) => `${verb} leases.coordination.k8s.io`);
      expect(await allowedOf(cluster, [namespace, operator], namespace, leases)).toEqual(leases);
      expect(await allowedOf(cluster, [namespace, operator], 'default', leases)).toEqual([]);
    });

    it('lets the operator read nodes and review tokens for its metrics', async () => {
      const rights = [
        'list nodes',
        'create tokenreviews.authentication.k8s.io',
        'create subjectaccessreviews.authorization.k8s.io',
      ];
      expect(await allowedOf(cluster, [namespace, operator], '', rights)).toEqual(rights);
    });

    it('lets the gateway handle pipelines of its namespace, and nothing else', async () => {
      const rights = [...new Set([...GATEWAY, ...OPERATOR, ...NEVER])];
      expect(await allowedOf(cluster, [namespace, gateway], namespace, rights)).toEqual(GATEWAY);
      expect(await allowedOf(cluster, [namespace, gateway], 'default', rights)).toEqual([]);
    });

    it.each(['data-ingestion', 'inference'])('lets %s do nothing', async (service) => {
      const account = `rlhf-open-chatgpt-${service}`;
      expect(await allowedOf(cluster, [namespace, account], namespace, [...OPERATOR, ...NEVER])).toEqual([]);
    });

    it('lets those use our resources who may edit or view a namespace', async () => {
      const grant = (name: string, role: string) => ({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name, namespace },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      });
      await cluster.apply([grant('editor', 'edit'), grant('viewer', 'view'), grant('owner', 'admin')]);
      const rights = [
        'get trainingruns.open-chatgpt.io',
        'create rlhfpipelines.open-chatgpt.io',
        'patch modelservers.open-chatgpt.io/scale',
        'patch datasets.open-chatgpt.io/status',
      ];
      const of = (name: string) => allowedOf(cluster, [namespace, name], namespace, rights);
      // The controller manager aggregates roles within seconds.
      await cluster.until('the roles are aggregated', async () => (await of('owner')).length === 4);
      expect(await of('editor')).toEqual(rights.slice(0, 3));
      expect(await of('viewer')).toEqual(rights.slice(0, 1));
    });
  });

  it('are limited to the listed namespaces in the scope namespaced', async () => {
    const team = await cluster.createNamespace('team');
    const namespace = await cluster.createNamespace('rlhf');
    const values = merged(dev, { rbac: { scope: 'namespaced', namespaces: [namespace, team] } });
    const input = JSON.stringify(merged(values, { crds: { enabled: false } }));
    await cluster.helm(['install', 'rlhf', CHART, '--values', '-'], { namespace, input });
    for (const where of [namespace, team]) {
      expect(await allowedOf(cluster, [namespace, operator], where, OPERATOR)).toEqual(OPERATOR);
      expect(await allowedOf(cluster, [namespace, operator], where, NEVER)).toEqual([]);
    }
    expect(await allowedOf(cluster, [namespace, operator], 'default', [...OPERATOR, ...NEVER])).toEqual([]);
    await completePipeline(namespace, team);
  });
});
