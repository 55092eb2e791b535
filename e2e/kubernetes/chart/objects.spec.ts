import { parse } from 'yaml';
import {
  containerOf,
  everything,
  external,
  find,
  type KubernetesObject,
  merged,
  namesOf,
  podTemplateOf,
  render,
  type Values,
  variable,
} from './helm';

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
