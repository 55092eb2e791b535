import { sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { CHART, dev, everything, external, merged, render, type Values } from './helm';

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
