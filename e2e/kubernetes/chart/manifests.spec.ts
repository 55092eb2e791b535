import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { manifestsFolder, programPath } from '@open-chatgpt/tools/cluster/components.cjs';
import { dev, everything, external, merged, ROOT, render, type Values } from './helm';

const SAMPLES = join(ROOT, 'k8s', 'samples');
const samples = readdirSync(SAMPLES).toSorted();

describe('the API server', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ addons: ['kueue', 'jobset'] });
    for (const folder of [manifestsFolder('foreign-resources'), join(ROOT, 'k8s/base/crds')])
      await cluster.kubectl(['apply', '--server-side', '--filename', folder]);
    const namespaces = ['rlhf', 'team-a', 'open-chatgpt'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    await cluster.until('all kinds are known', async () => {
      await cluster.kubectl(['get', 'scaledobjects,podmonitors,rlhf']);
      return true;
    });
    await cluster.apply(namespaces);
  });
  afterAll(() => cluster?.stop());

  const dryRun = (manifests: string | object[], namespace?: string) =>
    cluster.apply(manifests, { namespace, flags: ['--dry-run=server', '--validate=strict'] });

  it.each<[string, Values]>([
    ['Kafka and S3 of the user', external],
    ['a trial', dev],
    ['everything', merged(external, everything)],
    [
      'KEDA for both services',
      merged(external, {
        dataIngestion: { scaling: { mode: 'keda' } },
        inference: {
          enabled: true,
          auth: { anonymous: true },
          scaling: { mode: 'keda', keda: { serverAddress: 'http://prometheus:9090' } },
        },
      }),
    ],
    ['namespaces', merged(external, { rbac: { scope: 'namespaced', namespaces: ['rlhf', 'team-a'] } })],
  ])('accepts every object of the chart: %s', async (_, values) => {
    const objects = await render(values);
    const lines = (await dryRun(objects)).trim().split('\n');
    expect(lines).toHaveLength(objects.length);
  });

  it.each(['base', 'overlays/dev', 'overlays/gpu', 'overlays/kueue'])('accepts k8s/%s', async (folder) => {
    const text = await cluster.kubectl(['kustomize', join(ROOT, 'k8s', folder)]);
    expect(await dryRun(text)).toContain('deployment.apps/open-chatgpt-operator');
  });

  it.each(samples)('accepts k8s/samples/%s', async (file) => {
    const text = readFileSync(join(SAMPLES, file), 'utf8');
    const lines = (await dryRun(text, 'rlhf')).trim().split('\n');
    expect(lines).toHaveLength(text.split(/^---$/m).length);
  });

  it('gets the manifests of k8s/ as the chart has them', () => {
    const script = join(ROOT, 'tools', 'helm', 'render-kustomize.mjs');
    execFileSync(process.execPath, [script, '--check'], {
      env: { ...process.env, HELM: programPath('helm') },
    });
  });

  it('runs the trial without tokens and with known credentials', async () => {
    const text = await cluster.kubectl(['kustomize', join(ROOT, 'k8s', 'overlays', 'dev')]);
    expect(text).toContain('OPEN_CHATGPT_ANONYMOUS');
    expect(text).not.toContain('OPEN_CHATGPT_TOKENS');
  });
});
