import { sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { parse } from 'yaml';
import {
  CHART,
  dev,
  everything,
  external,
  type KubernetesObject,
  merged,
  namesOf,
  podTemplateOf,
  render,
  type Values,
} from './helm';

const CLUSTER_WIDE = ['CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding'];

const find = (objects: KubernetesObject[], kind: string, name: string) =>
  objects.find(
    ({ kind: found, metadata }) => found === kind && metadata.name === `rlhf-open-chatgpt-${name}`,
  );
const containerOf = (object: KubernetesObject) => podTemplateOf(object).containers[0];
const variable = (object: KubernetesObject, name: string) =>
  containerOf(object).env.find((one: { name: string }) => one.name === name);

describe('helm lint --strict', () => {
  it.each<[string, Values]>([
    ['default values', {}],
    ['a trial', dev],
    ['Kafka and S3 of the user', external],
    ['everything', everything],
  ])('accepts %s', async (_, values) => {
    const output = await sharedCluster().helm(['lint', '--strict', CHART, '--values', '-'], {
      input: JSON.stringify(values),
    });
    expect(output).toContain('1 chart(s) linted, 0 chart(s) failed');
  });
});

describe('values that are refused, with the value and the remedy', () => {
  it.each<[Values, RegExp]>([
    [{ kafka: { brokers: '' } }, /kafka\.brokers is empty: set it to host:port/],
    [{ s3: { endpoint: '' } }, /s3\.endpoint is empty: set it to the URL/],
    [{ s3: { existingSecret: '' } }, /s3\.existingSecret is empty: name the Secret/],
    [{ gateway: { auth: { existingSecret: '' } } }, /gateway\.auth\.existingSecret is empty.*anonymous=true/],
    [{ inference: { enabled: true } }, /inference\.auth\.existingSecret is empty/],
    [{ gateway: { ingress: { enabled: true } } }, /gateway\.ingress\.hosts is empty/],
    [{ dataIngestion: { replicas: 13 } }, /dataIngestion\.replicas is 13; .* at most kafka\.partitions=12/],
    [
      { dataIngestion: { scaling: { mode: 'keda', maxReplicas: 24 } } },
      /dataIngestion\.scaling\.maxReplicas is 24; .* at most kafka\.partitions=12/,
    ],
    [
      { dataIngestion: { scaling: { mode: 'hpa', minReplicas: 0 } } },
      /minReplicas is 0; an HPA needs at least 1/,
    ],
    [
      { dataIngestion: { scaling: { mode: 'keda', minReplicas: 8, maxReplicas: 4 } } },
      /minReplicas is 8, more than maxReplicas 4/,
    ],
    [
      { inference: { enabled: true, auth: { anonymous: true }, scaling: { mode: 'keda' } } },
      /inference\.scaling\.keda\.serverAddress is empty/,
    ],
    [
      { rbac: { scope: 'namespaced', namespaces: ['team-a'] } },
      /rbac\.namespaces must contain rlhf, the namespace of the release/,
    ],
    [
      { rbac: { scope: 'namespaced' }, operator: { metrics: { secure: true } } },
      /operator\.metrics\.secure=true needs rbac\.scope=cluster/,
    ],
    [{ kafka: { strimzi: { topics: true } } }, /kafka\.strimzi\.cluster is empty/],
    [
      { dev: { kafka: { enabled: true } }, kafka: { tls: { enabled: true } } },
      /kafka\.tls and kafka\.sasl are those of your Kafka/,
    ],
    [{ kafka: { sasl: { mechanism: 'gssapi' } } }, /mechanism/],
    [{ gatway: {} }, /additional properties 'gatway' not allowed/],
    [{ gateway: { replica: 2 } }, /at '\/gateway': additional properties 'replica' not allowed/],
    [{ gateway: { ingress: { host: 'a' } } }, /at '\/gateway\/ingress': additional properties 'host'/],
    [{ images: { trainer: {} } }, /at '\/images': additional properties 'trainer'/],
    [{ images: { gateway: { digest: 'latest' } } }, /at '\/images\/gateway\/digest'/],
    [{ operator: { resources: { request: {} } } }, /at '\/operator\/resources'.*'request'/],
    [
      { operator: { resources: { limits: { memory: '1 GB' } } } },
      /at '\/operator\/resources\/limits\/memory'/,
    ],
    [{ kafka: { brokers: 'kafka' } }, /at '\/kafka\/brokers'/],
    [{ s3: { endpoint: 's3.example.com' } }, /at '\/s3\/endpoint'/],
    [{ s3: { accessKey: 'AKIA' } }, /at '\/s3': additional properties 'accessKey'/],
    [{ dataIngestion: { scaling: { mode: 'auto' } } }, /at '\/dataIngestion\/scaling\/mode'/],
    [{ rbac: { scope: 'everywhere' } }, /at '\/rbac\/scope'/],
    [{ runs: { gpuResourceName: 'nvidia.com/' } }, /at '\/runs\/gpuResourceName'/],
    [{ networkPolicy: { clients: { from: [{ podselector: {} }] } } }, /'podselector' not allowed/],
    [{ networkPolicy: { apiServer: { cidrs: ['10.0.0.1'] } } }, /at '\/networkPolicy\/apiServer\/cidrs\/0'/],
    [{ telemetry: { logLevel: 'loud' } }, /at '\/telemetry\/logLevel'/],
    [{ gateway: { extraEnv: [{ name: 'A', valuefrom: {} }] } }, /'valuefrom' not allowed/],
    [{ image: { variant: 'rocm' } }, /at '\/image\/variant'/],
  ])('%j', async (values, message) => {
    await expect(render(merged(external, values))).rejects.toThrow(message);
  });
});

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

describe('all objects', () => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    objects = await render(merged(external, everything));
  });
  const workloads = () => objects.filter((object) => podTemplateOf(object));

  it('have the recommended labels', () => {
    for (const { kind, metadata } of objects.filter(({ metadata }) => metadata.name !== 'extra'))
      expect({ kind, labels: metadata.labels }).toEqual({
        kind,
        labels: expect.objectContaining({
          'app.kubernetes.io/name': 'open-chatgpt',
          'app.kubernetes.io/instance': 'rlhf',
          'app.kubernetes.io/component': expect.any(String),
          'app.kubernetes.io/version': expect.any(String),
          'app.kubernetes.io/managed-by': 'Helm',
          'helm.sh/chart': expect.stringMatching(/^open-chatgpt-/),
        }),
      });
  });

  it('run without root, with a read-only root file system and without capabilities', () => {
    expect(workloads()).toHaveLength(7);
    for (const workload of workloads()) {
      const { securityContext, containers } = podTemplateOf(workload);
      expect(securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of containers)
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
    }
  });

  it('have a service-account token only in the operator and the gateway', () => {
    const withToken = workloads().filter((workload) => podTemplateOf(workload).automountServiceAccountToken);
    expect(namesOf(withToken).toSorted()).toEqual(['Deployment/gateway', 'Deployment/operator']);
    for (const account of objects.filter(({ kind }) => kind === 'ServiceAccount'))
      expect(account.automountServiceAccountToken).toBe(false);
  });

  it('hold no secret value, except for the random credentials of dev.s3', () => {
    const secrets = objects.filter(({ kind }) => kind === 'Secret');
    expect(namesOf(secrets)).toEqual(['Secret/s3']);
  });

  it('render templates in extraObjects', () => {
    expect(objects.find(({ metadata }) => metadata.name === 'extra').data.of).toBe('rlhf');
  });

  it('do not restart pods when only the version of the chart changes', () => {
    for (const { spec } of workloads()) {
      expect(spec.template.metadata.labels).not.toHaveProperty('helm.sh/chart');
      expect(spec.template.metadata.labels).not.toHaveProperty('app.kubernetes.io/version');
    }
  });
});

describe('the operator', () => {
  it('is configured as its schema says', async () => {
    const objects = await render(merged(external, everything));
    const config = parse(find(objects, 'ConfigMap', 'operator').data['operator.yaml']);
    expect(config).toMatchObject({
      images: { 'sft-trainer': 'open-chatgpt/sft-trainer:0.1.0', inference: 'open-chatgpt/inference:0.1.0' },
      imagePullPolicy: 'IfNotPresent',
      imagePullSecrets: [{ name: 'registry' }],
      gpuResourceName: 'nvidia.com/gpu',
      cacheClaimName: 'cache',
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }],
      namespaces: [],
    });
    expect(Object.keys(config.images).toSorted()).toEqual([
      'data-ingestion',
      'dpo-trainer',
      'inference',
      'ppo-actor',
      'ppo-critic',
      'reward-trainer',
      'sft-trainer',
    ]);
    const values = Object.fromEntries(
      config.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    expect(values).toMatchObject({
      OPEN_CHATGPT_BUS: 'kafka://rlhf-open-chatgpt-kafka.rlhf.svc:9092',
      OPEN_CHATGPT_STORE: 's3://open-chatgpt',
      OPEN_CHATGPT_S3_ENDPOINT: 'http://rlhf-open-chatgpt-s3.rlhf.svc:7070',
      OPEN_CHATGPT_OTLP_ENDPOINT: 'http://collector.monitoring.svc:4318',
    });
    expect(config.env).toContainEqual({
      name: 'OPEN_CHATGPT_S3_SECRET_KEY',
      valueFrom: { secretKeyRef: { name: 'rlhf-open-chatgpt-s3', key: 'secret-key' } },
    });
  });

  it('restarts when its configuration changes', async () => {
    const checksum = async (values: Values) =>
      find(await render(merged(external, values)), 'Deployment', 'operator').spec.template.metadata
        .annotations;
    expect(await checksum({})).toEqual(await checksum({ gateway: { replicas: 3 } }));
    expect(await checksum({})).not.toEqual(await checksum({ runs: { sharedMemory: '8Gi' } }));
  });
});

describe('images', () => {
  it('come from one registry; a digest wins over a tag; CUDA images where GPUs compute', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const objects = await render(
      merged(external, {
        image: { registry: 'registry.example.com:5000', repository: 'team/rlhf', variant: 'cuda' },
        images: { gateway: { tag: 'ignored', digest }, ppoActor: { repository: 'other/actor', tag: 'v2' } },
      }),
    );
    expect(containerOf(find(objects, 'Deployment', 'gateway')).image).toBe(
      `registry.example.com:5000/team/rlhf/gateway@${digest}`,
    );
    expect(containerOf(find(objects, 'Deployment', 'operator')).image).toBe(
      'registry.example.com:5000/team/rlhf/operator:0.1.0',
    );
    expect(parse(find(objects, 'ConfigMap', 'operator').data['operator.yaml']).images).toMatchObject({
      'sft-trainer': 'registry.example.com:5000/team/rlhf/sft-trainer:0.1.0-cuda',
      'ppo-actor': 'other/actor:v2',
    });
  });
});

describe('network policies', () => {
  it('open the ports of the brokers and of the S3 server', async () => {
    const objects = await render(external);
    const { egress } = find(objects, 'NetworkPolicy', 'data-ingestion').spec;
    const ports = egress.flatMap((rule: KubernetesObject) =>
      rule.ports.map(({ port }: { port: number }) => port),
    );
    expect(ports).toEqual([53, 53, 9092, 9094, 443, 80, 443]);
  });

  it('let only the operator and the gateway reach the API server', async () => {
    const objects = await render(external);
    const reach = objects
      .filter(
        ({ kind, spec }) => kind === 'NetworkPolicy' && JSON.stringify(spec.egress ?? []).includes('6443'),
      )
      .map(({ metadata }) => metadata.name);
    expect(reach.toSorted()).toEqual(['rlhf-open-chatgpt-gateway', 'rlhf-open-chatgpt-operator']);
  });
});

describe('access', () => {
  it('mounts the token file', async () => {
    const gateway = find(await render(external), 'Deployment', 'gateway');
    expect(variable(gateway, 'OPEN_CHATGPT_TOKENS').value).toBe('/etc/open-chatgpt/tokens/tokens.json');
    expect(podTemplateOf(gateway).volumes).toContainEqual({
      name: 'tokens',
      secret: { secretName: 'gateway-tokens' },
    });
    expect(variable(gateway, 'OPEN_CHATGPT_ANONYMOUS')).toBeUndefined();
  });
});
