import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectFromEnvironment,
  EventRecorder,
  Informer,
  KubeClient,
  type KubeObject,
  resourceType,
} from '@open-chatgpt/kube';
import { sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Deployment extends KubeObject {
  spec: {
    replicas?: number;
    selector: { matchLabels: Record<string, string> };
    template: { metadata: { labels: Record<string, string> }; spec: { containers: object[] } };
  };
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
}

interface Job extends KubeObject {
  spec: object;
}

const configMaps = resourceType<ConfigMap>('v1', 'ConfigMap', 'configmaps');
const deployments = resourceType<Deployment>('apps/v1', 'Deployment', 'deployments');
const jobs = resourceType<Job>('batch/v1', 'Job', 'jobs');
const nodes = resourceType('v1', 'Node', 'nodes', 'Cluster');

describe('KubeClient on a real API server', () => {
  const cluster = sharedCluster();
  let namespace: string;
  let client: KubeClient;
  let calls: string[];

  beforeAll(async () => {
    namespace = await cluster.createNamespace('kube-client');
    client = new KubeClient({
      connection: await connectFromEnvironment({ kubeconfig: cluster.kubeconfig }),
      qps: 500,
      burst: 500,
      metrics: { call: ({ verb, resource, code }) => calls.push(`${verb} ${resource} ${code}`) },
    });
  });

  beforeEach(() => {
    calls = [];
  });

  afterAll(async () => {
    client?.close();
    await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  const configMap = (name: string, data: ConfigMap['data'] = {}): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data,
  });

  const deployment = (name: string, replicas?: number): Deployment => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      ...(replicas !== undefined && { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        // No simulated node takes it.
        spec: { containers: [{ name: 'main', image: 'none' }] },
      },
    },
  });

  it('owns by server-side apply what it names, and nothing else', async () => {
    const ours = { fieldManager: 'operator' };
    const theirs = { fieldManager: 'somebody' };
    await client.apply(configMaps, configMap('shared', { a: '1', b: '1' }), ours);
    await client.apply(configMaps, configMap('shared', { c: '1' }), theirs);
    // It no longer names b, which goes; c belongs to another manager and stays.
    const { data } = await client.apply(configMaps, configMap('shared', { a: '2' }), ours);
    expect(data).toEqual({ a: '2', c: '1' });

    const conflict = await client
      .apply(configMaps, configMap('shared', { c: '2' }), ours)
      .catch((error) => error);
    expect(conflict).toMatchObject({ name: 'KubeError', status: 409, reason: 'Conflict' });
    expect(conflict.causes).toEqual([
      { reason: 'FieldManagerConflict', field: '.data.c', message: 'conflict with "somebody"' },
    ]);
    const taken = await client.apply(configMaps, configMap('shared', { c: '2' }), { ...ours, force: true });
    expect(taken.data).toEqual({ c: '2' });
  });

  it('leaves replicas to an autoscaler, and writes only the status through its subresource', async () => {
    await client.apply(deployments, deployment('scaled'), { fieldManager: 'operator', force: true });
    await client.scale(deployments, { namespace, name: 'scaled' }, 3, { fieldManager: 'scaler' });
    const again = await client.apply(deployments, deployment('scaled'), {
      fieldManager: 'operator',
      force: true,
    });
    expect(again.spec.replicas).toBe(3);

    const condition = { type: 'Checked', status: 'True', reason: 'Spec', message: 'by a spec' };
    const { status, spec } = await client.apply(
      deployments,
      { ...deployment('scaled', 7), status: { conditions: [condition] } },
      { fieldManager: 'checker', subresource: 'status' },
    );
    expect(status?.conditions).toContainEqual(expect.objectContaining(condition));
    expect(spec.replicas).toBe(3);
    expect(calls).toContain('patch deployments/scale 200');
    expect(calls).toContain('apply deployments/status 200');
  });

  it('names what the server refuses', async () => {
    const invalid = await client
      .create(jobs, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'Bad Name', namespace },
        spec: {},
      })
      .catch((error) => error);
    expect(invalid).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(invalid.causes.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['metadata.name', 'spec.template.spec.containers']),
    );
    await client.create(configMaps, configMap('once'));
    await expect(client.create(configMaps, configMap('once'))).rejects.toMatchObject({
      reason: 'AlreadyExists',
    });
    await expect(client.get(configMaps, { namespace, name: 'none' })).rejects.toMatchObject({
      reason: 'NotFound',
    });
    const missing = resourceType('example.io/v1', 'Widget', 'widgets');
    await expect(client.find(missing, { namespace, name: 'a' })).rejects.toMatchObject({
      reason: 'KindNotFound',
    });
    expect(await client.serves(missing)).toBe(false);
    expect(await client.serves(jobs)).toBe(true);
    expect((await client.version()).gitVersion).toMatch(/^v1\./);
  });

  it('writes only the version that it has read, and deletes only the object that it means', async () => {
    const read = await client.create(configMaps, configMap('guarded'));
    await client.mergePatch(configMaps, { namespace, name: 'guarded' }, { data: { a: '1' } });
    await expect(client.replace(configMaps, { ...read, data: { b: '1' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    const name = { namespace, name: 'guarded' };
    await expect(
      client.delete(configMaps, name, { preconditions: { uid: 'another' } }),
    ).rejects.toMatchObject({
      reason: 'Conflict',
    });
    expect(await client.delete(configMaps, name, { preconditions: { uid: read.metadata.uid } })).toBe(true);
    expect(await client.delete(configMaps, name)).toBe(false);
  });

  it('reads 1,000 objects in pages, and an informer follows them', async () => {
    const many = await cluster.createNamespace('kube-pages');
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        client.create(configMaps, {
          ...configMap(`page-${index}`, { index: `${index}` }),
          metadata: { name: `page-${index}`, namespace: many, labels: { part: `${index % 10}` } },
        }),
      ),
    );
    calls = [];
    const { items } = await client.list(configMaps, {
      namespace: many,
      labelSelector: 'part',
      pageSize: 150,
    });
    expect(new Set(items.map(({ data }) => data?.['index'])).size).toBe(1_000);
    expect(calls).toEqual(Array(7).fill('list configmaps 200'));

    const informer = new Informer({
      client,
      type: configMaps,
      namespace: many,
      labelSelector: 'part',
      project: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
      indexes: { part: ({ metadata }) => [metadata.labels?.['part'] ?? ''] },
    });
    informer.start();
    await informer.synced();
    expect(informer.size).toBe(1_000);
    expect(informer.byIndex('part', '3')).toHaveLength(100);
    await cluster.kubectl(['delete', 'configmaps', '--selector', 'part=3'], { namespace: many });
    await cluster.until('the informer sees the deletions', () => informer.size === 900);
    expect(informer.byIndex('part', '3')).toEqual([]);
    await informer.stop();
    await cluster.kubectl(['delete', 'namespace', many, '--wait=false']);
  });

  it('evicts and reads kinds of cluster scope', async () => {
    expect(await client.find(nodes, { name: 'no-such-node' })).toBeUndefined();
    const eviction = resourceType('v1', 'Pod', 'pods');
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'no-such-pod', namespace } };
    await expect(client.create(eviction, body, { subresource: 'eviction' })).rejects.toMatchObject({
      reason: 'NotFound',
    });
  });

  it('shows Events in kubectl, counted', async () => {
    const about = await client.create(configMaps, configMap('subject'));
    const recorder = new EventRecorder({ client, component: 'operator' });
    const started = { type: 'Normal', reason: 'Started', message: 'stage sft has started' } as const;
    for (let time = 0; time < 4; time++) recorder.record(about, started);
    recorder.record(about, {
      type: 'Warning',
      reason: 'NoQuota',
      message: 'waits for 8 GPUs',
      action: 'CreateJob',
    });
    await recorder.flush();
    const described = await cluster.kubectl(['events', '--for', 'configmap/subject'], { namespace });
    expect(described).toMatch(
      /\(x4 over .*\)\s+Normal\s+Started\s+ConfigMap\/subject\s+stage sft has started/,
    );
    expect(described).toMatch(/Warning\s+NoQuota\s+ConfigMap\/subject\s+waits for 8 GPUs/);
  });

  it('shows itself with the client certificate of the kubeconfig, also after it was renewed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kube-certificate-'));
    const authority = join(cluster.folder, 'ca');
    const certify = async (user: string) => {
      const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
      openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'new.key',
        '-subj',
        `/CN=${user}`,
        '-out',
        'new.csr',
      );
      const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-set_serial', '7'];
      openssl('x509', '-req', '-in', 'new.csr', ...signer, '-out', 'new.crt');
      for (const part of ['key', 'crt'])
        await rename(join(folder, `new.${part}`), join(folder, `user.${part}`));
    };
    await certify('anna');
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'it',
      clusters: [
        { name: 'it', cluster: { server: cluster.server, 'certificate-authority': cluster.caFile } },
      ],
      users: [{ name: 'it', user: { 'client-certificate': 'user.crt', 'client-key': 'user.key' } }],
      contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
    };
    await writeFile(join(folder, 'config'), JSON.stringify(config));

    interface Review extends KubeObject {
      status?: { userInfo: { username: string } };
    }
    const reviews = resourceType<Review>(
      'authentication.k8s.io/v1',
      'SelfSubjectReview',
      'selfsubjectreviews',
      'Cluster',
    );
    const certified = new KubeClient({
      connection: await connectFromEnvironment({ kubeconfig: join(folder, 'config') }),
    });
    const whoAmI = async () => {
      const review = { apiVersion: reviews.apiVersion, kind: reviews.kind, metadata: {} };
      return (await certified.create(reviews, review)).status?.userInfo.username;
    };
    expect(await whoAmI()).toBe('anna');
    await certify('berta');
    // The old certificate is still good: it is replaced when the files are read again, after 10 s.
    await cluster.until('it uses the new certificate', async () => (await whoAmI()) === 'berta');
    certified.close();
    await rm(folder, { recursive: true });
  });

  describe('with the service account of a pod', () => {
    const environment = { ...process.env };
    let folder: string;
    let inPod: KubeClient;

    const token = () => cluster.kubectl(['create', 'token', 'default', '--duration', '10m'], { namespace });

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kube-pod-'));
      const { hostname, port } = new URL(cluster.server);
      process.env['KUBERNETES_SERVICE_HOST'] = hostname;
      process.env['KUBERNETES_SERVICE_PORT'] = port;
      delete process.env['KUBECONFIG'];
      await writeFile(join(folder, 'namespace'), namespace);
      await writeFile(join(folder, 'token'), await token());
      await writeFile(join(folder, 'ca.crt'), await readFile(cluster.caFile, 'utf8'));
      await cluster.kubectl(['create', 'role', 'reader', '--verb=get,list,watch', '--resource=configmaps'], {
        namespace,
      });
      await cluster.kubectl(
        ['create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:default`],
        { namespace },
      );
      inPod = new KubeClient({ connection: await connectFromEnvironment({ serviceAccount: folder }) });
    });

    afterAll(async () => {
      process.env = { ...environment };
      inPod?.close();
      await rm(folder, { recursive: true });
    });

    it('may do what its role says, and no more', async () => {
      await client.create(configMaps, configMap('visible'));
      expect((await inPod.get(configMaps, { namespace, name: 'visible' })).metadata.name).toBe('visible');
      const forbidden = await inPod
        .delete(configMaps, { namespace, name: 'visible' })
        .catch((error) => error);
      expect(forbidden).toMatchObject({ status: 403, reason: 'Forbidden' });
      expect(forbidden.message).toContain('cannot delete resource "configmaps"');
    });

    it('goes on when the token is replaced, also after the server has refused it', async () => {
      const informer = new Informer({
        client: inPod,
        type: configMaps,
        namespace,
        backoff: { baseMs: 50, maxMs: 200 },
      });
      await writeFile(join(folder, 'token'), 'expired');
      // Long enough for the token that was read before to be forgotten.
      await new Promise((resolve) => setTimeout(resolve, 10_500));
      await expect(inPod.get(configMaps, { namespace, name: 'visible' })).rejects.toMatchObject({
        reason: 'Unauthorized',
      });
      informer.start();
      await writeFile(join(folder, 'token'), await token());
      await informer.synced();
      expect(informer.get(`${namespace}/visible`)).toBeDefined();
      await informer.stop();
    });
  });
});
