import { parse } from 'yaml';
import { external, find, merged, namesOf, render, type Values } from './helm';

const CLUSTER_WIDE = ['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding'];

describe('options', () => {
  let before: string[];
  beforeAll(async () => {
    before = namesOf(await render(external));
  });

  it('has these objects by default', () => {
    expect(before.filter((name) => !name.startsWith('CustomResourceDefinition/')).toSorted()).toEqual([
      'ClusterRole/admin',
      'ClusterRole/edit',
      'ClusterRole/metrics-auth',
      'ClusterRole/metrics-reader',
      'ClusterRole/operator',
      'ClusterRole/view',
      'ClusterRoleBinding/metrics-auth',
      'ClusterRoleBinding/operator',
      'ConfigMap/operator',
      'Deployment/data-ingestion',
      'Deployment/gateway',
      'Deployment/operator',
      'Job/test',
      'NetworkPolicy/data-ingestion',
      'NetworkPolicy/default-deny',
      'NetworkPolicy/gateway',
      'NetworkPolicy/model-servers',
      'NetworkPolicy/operator',
      'NetworkPolicy/ranks',
      'NetworkPolicy/runs',
      'NetworkPolicy/test',
      'Role/gateway',
      'Role/operator-lease',
      'RoleBinding/gateway',
      'RoleBinding/operator-lease',
      'Service/data-ingestion',
      'Service/gateway',
      'Service/operator',
      'ServiceAccount/data-ingestion',
      'ServiceAccount/gateway',
      'ServiceAccount/operator',
    ]);
    expect(before.filter((name) => name.startsWith('CustomResourceDefinition/'))).toHaveLength(5);
  });

  it.each<[string, Values, string[], string[]]>([
    [
      'crds.enabled=false',
      { crds: { enabled: false } },
      [],
      ['CustomResourceDefinition/models.open-chatgpt.io'],
    ],
    ['rbac.create=false', { rbac: { create: false } }, [], ['ClusterRole/operator', 'Role/gateway']],
    ['rbac.aggregateRoles=false', { rbac: { aggregateRoles: false } }, [], ['ClusterRole/view']],
    [
      'networkPolicy.enabled=false',
      { networkPolicy: { enabled: false } },
      [],
      ['NetworkPolicy/default-deny'],
    ],
    [
      'operator.enabled=false',
      { operator: { enabled: false } },
      [],
      ['Deployment/operator', 'ClusterRole/operator'],
    ],
    [
      'gateway.enabled=false',
      { gateway: { enabled: false } },
      [],
      ['Deployment/gateway', 'Job/test', 'Role/gateway'],
    ],
    ['gateway.customResources=false', { gateway: { customResources: false } }, [], ['Role/gateway']],
    ['dataIngestion.enabled=false', { dataIngestion: { enabled: false } }, [], ['Deployment/data-ingestion']],
    [
      'inference.enabled',
      { inference: { enabled: true, auth: { anonymous: true } } },
      ['Deployment/inference', 'Service/inference', 'NetworkPolicy/inference'],
      [],
    ],
    ['gateway.replicas=2', { gateway: { replicas: 2 } }, ['PodDisruptionBudget/gateway'], []],
    [
      'gateway.podDisruptionBudget.enabled=false',
      { gateway: { replicas: 2, podDisruptionBudget: { enabled: false } } },
      [],
      ['PodDisruptionBudget/gateway'],
    ],
    [
      'gateway.ingress',
      { gateway: { ingress: { enabled: true, hosts: ['a.example.com'] } } },
      ['Ingress/gateway'],
      [],
    ],
    [
      'scaling by HPA',
      { dataIngestion: { scaling: { mode: 'hpa' } } },
      ['HorizontalPodAutoscaler/data-ingestion'],
      [],
    ],
    [
      'scaling by KEDA',
      { dataIngestion: { scaling: { mode: 'keda' } } },
      ['ScaledObject/data-ingestion'],
      [],
    ],
    [
      'monitoring',
      {
        monitoring: {
          serviceMonitor: { enabled: true },
          rules: { enabled: true },
          dashboards: { enabled: true },
        },
      },
      ['ServiceMonitor/operator', 'PodMonitor/runs', 'PrometheusRule/alerts', 'ConfigMap/dashboards'],
      [],
    ],
    ['dev.kafka', { dev: { kafka: { enabled: true } } }, ['StatefulSet/kafka', 'NetworkPolicy/kafka'], []],
    ['dev.s3', { dev: { s3: { enabled: true } } }, ['StatefulSet/s3', 'Secret/s3'], []],
    [
      'dev.s3.existingSecret',
      { dev: { s3: { enabled: true, existingSecret: 'mine' } } },
      ['StatefulSet/s3'],
      ['Secret/s3'],
    ],
    [
      'operator.metrics.secure',
      { operator: { metrics: { secure: false } } },
      [],
      ['ClusterRole/metrics-reader', 'ClusterRole/metrics-auth', 'ClusterRoleBinding/metrics-auth'],
    ],
  ])('%s', async (_, values, added, removed) => {
    const names = namesOf(await render(merged(external, values)));
    expect(names).toEqual(expect.arrayContaining(added));
    for (const name of removed) expect(names).not.toContain(name);
    for (const name of added.filter((one) => removed.length === 0 && one !== 'StatefulSet/s3'))
      expect(before).not.toContain(name);
  });

  it('gives the user and the authority of Kafka to all services and runs, from Secrets', async () => {
    const kafka = { tls: { enabled: true, caSecret: 'kafka-ca' }, sasl: { existingSecret: 'kafka-user' } };
    const objects = await render(merged(external, { kafka }));
    const wanted = [
      { name: 'OPEN_CHATGPT_KAFKA_TLS', value: 'true' },
      { name: 'OPEN_CHATGPT_KAFKA_CA', valueFrom: { secretKeyRef: { name: 'kafka-ca', key: 'ca.crt' } } },
      { name: 'OPEN_CHATGPT_KAFKA_SASL_MECHANISM', value: 'scram-sha-512' },
      {
        name: 'OPEN_CHATGPT_KAFKA_USERNAME',
        valueFrom: { secretKeyRef: { name: 'kafka-user', key: 'username' } },
      },
      {
        name: 'OPEN_CHATGPT_KAFKA_PASSWORD',
        valueFrom: { secretKeyRef: { name: 'kafka-user', key: 'password' } },
      },
    ];
    const deployments = objects.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.length).toBeGreaterThanOrEqual(3);
    for (const { spec } of deployments)
      expect(spec.template.spec.containers[0].env).toEqual(expect.arrayContaining(wanted));
    const config = objects.find(({ kind, data }) => kind === 'ConfigMap' && data?.['operator.yaml']);
    expect(parse(config!.data['operator.yaml']).env).toEqual(expect.arrayContaining(wanted));
  });

  it('makes the topics of a Kafka cluster of Strimzi', async () => {
    const strimzi = { topics: true, cluster: 'main', namespace: 'kafka' };
    const topics = (await render(merged(external, { kafka: { strimzi } }))).filter(
      ({ kind }) => kind === 'KafkaTopic',
    );
    expect(topics).toHaveLength(26);
    expect(topics.find(({ metadata }) => metadata.name === 'openchatgpt.run.cmd.v1')).toMatchObject({
      metadata: { namespace: 'kafka', labels: { 'strimzi.io/cluster': 'main' } },
      spec: { partitions: 12, replicas: 3 },
    });
    expect(topics.find(({ metadata }) => metadata.name === 'openchatgpt.run.cmd.v1.dlq').spec).toEqual({
      partitions: 1,
      replicas: 3,
      config: { 'retention.ms': -1 },
    });
  });

  it('has no object of the whole cluster in the scope namespaced', async () => {
    const namespaces = ['rlhf', 'team-a'];
    const objects = await render(
      merged(external, { crds: { enabled: false }, rbac: { scope: 'namespaced', namespaces } }),
    );
    expect(objects.filter(({ kind }) => CLUSTER_WIDE.includes(kind))).toEqual([]);
    const roles = objects.filter(({ kind, metadata }) => kind === 'Role' && /operator$/.test(metadata.name));
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(namespaces);
    expect(parse(find(objects, 'ConfigMap', 'operator').data['operator.yaml']).namespaces).toEqual(
      namespaces,
    );
    expect(roles[0].rules.some(({ resources }: { resources: string[] }) => resources.includes('nodes'))).toBe(
      false,
    );
    const policies = objects.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && /runs$/.test(metadata.name),
    );
    expect(policies.map(({ metadata }) => metadata.namespace).toSorted()).toEqual(namespaces);
  });

  it('keeps the CRDs when the release is uninstalled, unless crds.keep=false', async () => {
    const policyOf = async (values: Values) =>
      (await render(merged(external, values), ['--show-only', 'templates/crds.yaml'])).map(
        ({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'],
      );
    expect(await policyOf({})).toEqual(Array(5).fill('keep'));
    expect(await policyOf({ crds: { keep: false } })).toEqual(Array(5).fill(undefined));
  });

  it('leaves the replicas to the autoscaler', async () => {
    const objects = await render(merged(external, { dataIngestion: { scaling: { mode: 'keda' } } }));
    expect(find(objects, 'Deployment', 'data-ingestion').spec).not.toHaveProperty('replicas');
    expect(find(objects, 'ScaledObject', 'data-ingestion').spec.triggers[0].metadata).toMatchObject({
      bootstrapServers: 'kafka-1.example.com:9092,kafka-2.example.com:9094',
      consumerGroup: 'data-ingestion',
      topic: 'openchatgpt.dataset.cmd.v1',
    });
  });
});
