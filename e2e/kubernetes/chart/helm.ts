import { join } from 'node:path';
import { sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(__dirname, '..', '..', '..');
export const CHART = join(ROOT, 'helm', 'open-chatgpt');

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind; a spec states the fields that it expects
export type KubernetesObject = any;
export type Values = Readonly<Record<string, unknown>>;

/** A platform with Kafka and S3 of the user. */
export const external: Values = {
  kafka: { brokers: 'kafka-1.example.com:9092,kafka-2.example.com:9094' },
  s3: { endpoint: 'https://s3.example.com', existingSecret: 's3-credentials' },
  gateway: { auth: { existingSecret: 'gateway-tokens' } },
};

/** A platform that needs nothing. */
export const dev: Values = {
  dev: { kafka: { enabled: true }, s3: { enabled: true } },
  gateway: { auth: { anonymous: true } },
};

/** Everything that can be switched on. */
export const everything: Values = {
  image: { pullSecrets: ['registry'] },
  telemetry: { otlpEndpoint: 'http://collector.monitoring.svc:4318' },
  operator: { replicas: 2, metrics: { secure: true } },
  gateway: {
    replicas: 2,
    ingress: { enabled: true, className: 'nginx', hosts: ['rlhf.example.com'], tls: [{ secretName: 'tls' }] },
  },
  dataIngestion: { scaling: { mode: 'keda', minReplicas: 0 }, fromStores: ['s3://uploads'] },
  inference: {
    enabled: true,
    auth: { existingSecret: 'gateway-tokens' },
    scaling: { mode: 'hpa', minReplicas: 2 },
    ingress: { enabled: true, hosts: ['chat.example.com'] },
  },
  runs: { cacheClaimName: 'cache', tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists' }] },
  monitoring: {
    serviceMonitor: { enabled: true },
    rules: { enabled: true },
    dashboards: { enabled: true },
  },
  dev: {
    kafka: { enabled: true, storage: '10Gi' },
    s3: { enabled: true, storage: '20Gi', storageClassName: 'fast' },
  },
  extraObjects: [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra' }, data: { of: '{{ .Release.Name }}' } },
  ],
};

/** `more` over `values`, as `helm --values` twice. */
export function merged(values: Values, more: Values): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const result: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(more)) {
    const before = result[key];
    result[key] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return result;
}

/** The objects of release `rlhf` in the namespace `rlhf`; throws with helm's message. */
export async function render(values: Values, flags: readonly string[] = []): Promise<KubernetesObject[]> {
  const args = ['template', 'rlhf', CHART, '--namespace', 'rlhf', '--values', '-', ...flags];
  const text = await sharedCluster().helm(args, { input: JSON.stringify(values) });
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** `Kind/name` of each object, without the prefix of the release. */
export const namesOf = (objects: readonly KubernetesObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.name.replace(/^(rlhf-)+open-chatgpt-?/, '')}`);

/** The template of the pods of an object that makes pods. */
export const podTemplateOf = ({ spec }: KubernetesObject): KubernetesObject => spec?.template?.spec;

/** The object of the release `rlhf` with a name such as `gateway`. */
export const find = (objects: KubernetesObject[], kind: string, name: string) =>
  objects.find(
    ({ kind: found, metadata }) => found === kind && metadata.name === `rlhf-open-chatgpt-${name}`,
  );

export const containerOf = (object: KubernetesObject) => podTemplateOf(object).containers[0];

/** An environment variable of an object's container. */
export const variable = (object: KubernetesObject, name: string) =>
  containerOf(object).env.find((one: { name: string }) => one.name === name);
