import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { CHART, dev, merged, ROOT, type Values } from './helm';

/** The pods of the namespace are refused unless they fulfil the standard. */
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' };

const SERVICES = ['data-ingestion', 'gateway', 'inference', 'operator'];
const values: Values = merged(dev, {
  gateway: { replicas: 2 },
  operator: { replicas: 2 },
  inference: { enabled: true, auth: { anonymous: true } },
});

const isOurs = (crd: { spec: { group: string } }) => crd.spec.group === 'open-chatgpt.io';

/** A chart as it was before: another version, and a CRD without the column URL. */
function previousChart(folder: string): string {
  const chart = join(folder, 'open-chatgpt');
  cpSync(CHART, chart, { recursive: true });
  const edit = (file: string, from: RegExp, to: string) => {
    const path = join(chart, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
  };
  edit('Chart.yaml', /^version: .*$/m, 'version: 0.0.9');
  edit('Chart.yaml', /^appVersion: .*$/m, 'appVersion: 0.0.9');
  edit('files/crds/modelservers.yaml', /^ {8}- name: URL\n.*\n.*\n.*\n/m, '');
  return chart;
}

describe('a release', () => {
  let cluster: Cluster;
  let folder: string;
  let previous: string;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.addGpuNodes({ prefix: 'cpu', count: 2, gpus: 0 });
    namespace = await cluster.createNamespace('rlhf', RESTRICTED);
    folder = mkdtempSync(join(tmpdir(), 'chart-'));
    previous = previousChart(folder);
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const helm = (args: string[], more: Values = {}) => {
    const input = JSON.stringify(merged(values, more));
    const given = ['install', 'upgrade'].includes(args[0]) ? ['--values', '-'] : [];
    const waited = args[0] === 'history' || args[0] === 'test' ? [] : ['--wait', TIMEOUT];
    return cluster.helm([...args, ...given, ...waited], { namespace, input });
  };
  const get = (kind: string, ...args: string[]) => cluster.json(['get', kind, ...args], { namespace });
  const imageOf = async (service: string) =>
    (await get('deployment', `rlhf-open-chatgpt-${service}`)).spec.template.spec.containers[0].image;
  const columns = async () =>
    (await get('crd', 'modelservers.open-chatgpt.io')).spec.versions[0].additionalPrinterColumns.map(
      ({ name }: { name: string }) => name,
    );
  /**
   * Resolves when the API server has read the resources of all CRDs into its memory, as it has where an operator watches
   * them; simulated operators watch nothing. Before, it may forget for five minutes that a CRD is to be deleted: its
   * finalizer fails with "storage is (re)initializing", and its next attempt with an older version of the CRD counts as
   * done (Kubernetes 1.35; operator-framework/operator-controller#1437).
   */
  const resourcesRead = async () => {
    // A list with a limit, as "kubectl get" asks for, is answered before.
    for (const { spec } of (await get('crd')).items.filter(isOurs))
      await cluster.until(`${spec.names.plural} are read`, () =>
        cluster.kubectl([
          'get',
          '--raw',
          `/apis/${spec.group}/${spec.versions[0].name}/${spec.names.plural}`,
        ]),
      );
  };
  const credentials = async () => (await get('secret', 'rlhf-open-chatgpt-s3')).data;

  it('is installed, and its pods become ready in a restricted namespace', async () => {
    await helm(['install', 'rlhf', previous]);
    const { items } = await get('pods', '--selector', 'app.kubernetes.io/instance=rlhf');
    const ready = items.filter((pod: { status: { conditions: { type: string; status: string }[] } }) =>
      pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    // Two gateways, two operators, ingestion, inference, Kafka, S3.
    expect(ready).toHaveLength(8);
    expect(await imageOf('gateway')).toBe('open-chatgpt/gateway:0.0.9');
    expect(await columns()).not.toContain('URL');
  });

  it('accepts pipelines', async () => {
    const sample = join(ROOT, 'k8s', 'samples', 'quickstart.yaml');
    await cluster.kubectl(['apply', '--filename', sample], { namespace });
    expect(await cluster.kubectl(['get', 'open-chatgpt'], { namespace })).toContain('quickstart');
  });

  it('is upgraded, with its CRDs; credentials and pipelines stay', async () => {
    const before = await credentials();
    await helm(['upgrade', 'rlhf', CHART]);
    for (const service of SERVICES) expect(await imageOf(service)).toBe(`open-chatgpt/${service}:0.1.0`);
    expect(await columns()).toContain('URL');
    expect(await credentials()).toEqual(before);
    expect((await get('rlhf')).items).toHaveLength(1);
  });

  it('restarts no pod when an upgrade changes only the version of the chart', async () => {
    const uids = async () =>
      (await get('pods')).items.map(({ metadata }: { metadata: { uid: string } }) => metadata.uid).toSorted();
    const before = await uids();
    const chart = join(folder, 'next');
    cpSync(CHART, chart, { recursive: true });
    const file = join(chart, 'Chart.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^version: .*$/m, 'version: 0.1.1'));
    await helm(['upgrade', 'rlhf', chart]);
    expect(await uids()).toEqual(before);
  });

  it('passes helm test', async () => {
    expect(await helm(['test', 'rlhf'])).toMatch(/Phase:\s+Succeeded/);
  });

  it('is rolled back', async () => {
    await helm(['rollback', 'rlhf', '1']);
    for (const service of SERVICES) expect(await imageOf(service)).toBe(`open-chatgpt/${service}:0.0.9`);
    expect(await columns()).not.toContain('URL');
    expect(await helm(['history', 'rlhf'])).toContain('Rollback to 1');
  });

  it('refuses a wrong upgrade, and goes on', async () => {
    await expect(helm(['upgrade', 'rlhf', CHART], { gateway: { replica: 3 } })).rejects.toThrow(
      "additional properties 'replica' not allowed",
    );
    expect((await get('deployment', 'rlhf-open-chatgpt-gateway')).status.readyReplicas).toBe(2);
  });

  it('is uninstalled without a trace, except for the CRDs and the resources of users', async () => {
    await helm(['uninstall', 'rlhf']);
    const kinds = [
      ...[
        'deployments',
        'statefulsets',
        'jobs',
        'pods',
        'services',
        'configmaps',
        'secrets',
        'serviceaccounts',
      ],
      ...[
        'roles',
        'rolebindings',
        'networkpolicies',
        'poddisruptionbudgets',
        'clusterroles',
        'clusterrolebindings',
      ],
    ];
    const left = () =>
      cluster.kubectl(
        ['get', kinds.join(','), '--selector', 'app.kubernetes.io/instance=rlhf', '--output', 'name'],
        { namespace },
      );
    await cluster.until('nothing is left', async () => (await left()) === '');
    expect((await get('rlhf')).items).toHaveLength(1);
  });

  it('is installed again over the CRDs that were kept, and removes them with crds.keep=false', async () => {
    await helm(['install', 'rlhf', CHART], { crds: { keep: false } });
    expect((await get('rlhf')).items).toHaveLength(1);
    await resourcesRead();
    await helm(['uninstall', 'rlhf']);
    await cluster.until(
      'the CRDs are gone',
      async () => (await get('crd')).items.filter(isOurs).length === 0,
    );
  });
});
