import { join } from 'node:path';
import { connectFromEnvironment, KubeClient, resourceType } from '@open-chatgpt/kube';
import { type Cluster, missingNode, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { writeBusybox } from '@open-chatgpt/tools/cluster/image.cjs';

const missing = missingNode();
if (missing) console.warn(`real nodes: ${missing}; the specs are skipped, or fail where CI is set`);
const onNodes = missing && !process.env['CI'] ? describe.skip : describe;

/** A pod template whose container runs a script of BusyBox's shell, under the restricted security standard. */
function template(script: string, more: object = {}, labels: Record<string, string> = {}) {
  return {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 10,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 1000,
        runAsGroup: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'main',
          image: 'localhost/busybox:1',
          imagePullPolicy: 'Never',
          command: ['/bin/sh', '-c', script],
          securityContext: {
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
          ...more,
        },
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
  };
}

const pod = (name: string, { metadata, spec }: ReturnType<typeof template>) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...metadata, name },
  spec: { ...spec, restartPolicy: 'Never' },
});

const SERVE = 'hostname > /tmp/index.html; exec httpd -f -p 8080 -h /tmp';
const ON_TERM = `trap 'echo "got SIGTERM"; exit 143' TERM; echo ready; while true; do sleep 0.1; done`;

onNodes('real nodes', () => {
  let cluster: Cluster;
  let namespace: string;

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2, evictionSeconds: 60 });
    const archive = join(cluster.folder, 'busybox.tar');
    writeBusybox(archive);
    await cluster.importImage(archive);
    namespace = await cluster.createNamespace('pods', {
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
    await cluster.addGpuNodes({ count: 1 });
  });
  afterAll(() => cluster?.stop());

  const kubectl = (...args: string[]) => cluster.kubectl(args, { namespace });
  const apply = (manifests: object | object[]) => cluster.apply(manifests, { namespace });
  const wait = (condition: string, resource: string) => cluster.wait(condition, resource, { namespace });
  const podsOf = async (selector: string) =>
    (await cluster.json(['get', 'pods', '--selector', selector], { namespace })).items;

  it('stream the log of a pod, line by line, until it ends', async () => {
    await apply(pod('counting', template('for i in 1 2 3; do echo line $i; sleep 1; done')));
    await wait('condition=Ready', 'pod/counting');
    const connection = await connectFromEnvironment({ kubeconfig: cluster.kubeconfig });
    const client = new KubeClient({ connection });
    const seen: string[] = [];
    const query = { follow: true };
    const name = { name: 'counting', namespace };
    for await (const line of client.lines(resourceType('v1', 'Pod', 'pods'), name, {
      subresource: 'log',
      query,
    }))
      seen.push(line);
    client.close();
    expect(seen).toEqual(['line 1', 'line 2', 'line 3']);
  });

  it('run pods, with logs, exec and exit codes, beside simulated nodes', async () => {
    await apply(pod('hello', template('exec 2>&1; echo hello; id -u; touch /x; exec sleep 60')));
    await wait('condition=Ready', 'pod/hello');
    expect(await kubectl('logs', 'hello')).toBe('hello\n1000\ntouch: /x: Read-only file system\n');
    expect(await kubectl('exec', 'hello', '--', 'cat', '/proc/1/comm')).toBe('sleep\n');
    await expect(kubectl('exec', 'hello', '--', 'sh', '-c', 'exit 7')).rejects.toMatchObject({ code: 7 });
    const { spec } = await cluster.json(['get', 'pod', 'hello'], { namespace });
    expect(spec.nodeName).toMatch(/^node-/);
  });

  it('have no way out', async () => {
    const script = 'nc -w 5 198.51.100.1 443 || echo failed';
    const start = Date.now();
    expect(await kubectl('exec', 'hello', '--', 'sh', '-c', script)).toBe('failed\n');
    expect(Date.now() - start).toBeLessThan(4000);
  });

  it('reach a Service by its name, on both nodes', async () => {
    const labels = { app: 'web' };
    const spread = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
    const web = template(
      SERVE,
      { readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } },
      labels,
    );
    await apply([
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: {
            ...web,
            spec: {
              ...web.spec,
              topologySpreadConstraints: [{ ...spread, labelSelector: { matchLabels: labels } }],
            },
          },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    ]);
    await wait('condition=Available', 'deployment/web');
    const { spec } = await cluster.json(['get', 'service', 'web'], { namespace });
    const lookup = ['nslookup', `web.${namespace}.svc.cluster.local`];
    expect(await kubectl('exec', 'hello', '--', ...lookup)).toContain(`Address: ${spec.clusterIP}`);
    const get = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${spec.clusterIP} 80 | tail -1`;
    const pods = await podsOf('app=web');
    expect(new Set(pods.map((p: { spec: { nodeName: string } }) => p.spec.nodeName)).size).toBe(2);
    const names = pods.map((p: { metadata: { name: string } }) => p.metadata.name);
    const answered = new Set<string>();
    await cluster.until('both pods have answered', async () => {
      answered.add((await kubectl('exec', 'hello', '--', 'sh', '-c', get)).trim());
      return answered.size === 2;
    });
    expect([...answered].toSorted()).toEqual(names.toSorted());
  });

  it('end a deleted pod with SIGTERM, and the Job starts another', async () => {
    await apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'stopped' },
      spec: {
        template: { ...template(ON_TERM), spec: { ...template(ON_TERM).spec, restartPolicy: 'Never' } },
      },
    });
    await wait('jsonpath={.status.ready}=1', 'job/stopped');
    const [{ metadata }] = await podsOf('job-name=stopped');
    const log = kubectl('logs', '--follow', metadata.name);
    await kubectl('delete', 'pod', metadata.name);
    expect(await log).toBe('ready\ngot SIGTERM\n');
    await cluster.until('another pod runs', async () => {
      const [next] = (await podsOf('job-name=stopped')).filter(
        (p: { metadata: { name: string } }) => p.metadata.name !== metadata.name,
      );
      return next?.status.phase === 'Running';
    });
    await kubectl('delete', 'job', 'stopped');
  });

  it('kill a container that exceeds its memory: OOMKilled', async () => {
    // tail keeps the whole line in memory.
    const greedy = template('tail /dev/zero', { resources: { limits: { memory: '32Mi' } } });
    await apply(pod('greedy', greedy));
    await wait('jsonpath={.status.phase}=Failed', 'pod/greedy');
    const { status } = await cluster.json(['get', 'pod', 'greedy'], { namespace });
    expect(status.containerStatuses[0].state.terminated).toMatchObject({
      reason: 'OOMKilled',
      exitCode: 137,
    });
  });

  it('show the termination message of a container', async () => {
    const message = '{"outcome":"failed"}';
    await apply(pod('speaks', template(`echo '${message}' > /dev/termination-log; exit 65`)));
    await wait('jsonpath={.status.phase}=Failed', 'pod/speaks');
    const { status } = await cluster.json(['get', 'pod', 'speaks'], { namespace });
    expect(status.containerStatuses[0].state.terminated).toMatchObject({
      exitCode: 65,
      message: `${message}\n`,
    });
  });

  it('keep a claimed volume, whichever node its pod runs on', async () => {
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await apply({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'kept' }, spec: claim });
    const onNode = (name: string, node: string, script: string) => {
      const { metadata, spec } = template(script);
      const volumes = [{ name: 'scratch', persistentVolumeClaim: { claimName: 'kept' } }];
      return pod(name, { metadata, spec: { ...spec, volumes, nodeName: node } as never });
    };
    await apply(onNode('writer', 'node-1', 'echo kept > /tmp/file'));
    await wait('jsonpath={.status.phase}=Succeeded', 'pod/writer');
    await apply(onNode('reader', 'node-2', 'cat /tmp/file'));
    await wait('jsonpath={.status.phase}=Succeeded', 'pod/reader');
    expect(await kubectl('logs', 'reader')).toBe('kept\n');
    await kubectl('delete', 'pod/writer', 'pod/reader', 'pvc/kept');
    await cluster.until('the volume is deleted', async () => {
      const { items } = await cluster.json(['get', 'persistentvolumes']);
      return items.length === 0;
    });
  });

  it('drain as a PodDisruptionBudget allows, and the pods move to the other node', async () => {
    const drain = (timeout: string) =>
      cluster.kubectl([
        ...['drain', 'node-1', '--ignore-daemonsets', '--delete-emptydir-data', '--force'],
        ...[timeout, '--pod-selector', 'app=web'],
      ]);
    await kubectl('create', 'pdb', 'web', '--selector', 'app=web', '--min-available', '2');
    await cluster.until('the budget counts', async () => {
      const { status } = await cluster.json(['get', 'pdb', 'web'], { namespace });
      return status.currentHealthy === 2;
    });
    await expect(drain('--timeout=3s')).rejects.toThrow("would violate the pod's disruption budget");
    await kubectl('patch', 'pdb', 'web', '--type', 'merge', '--patch', '{"spec":{"minAvailable":1}}');
    // The cordoned node still counts for the spread.
    const spread = '{"spec":{"template":{"spec":{"topologySpreadConstraints":null}}}}';
    await kubectl('patch', 'deployment', 'web', '--patch', spread);
    await wait('condition=Available', 'deployment/web');
    await drain(TIMEOUT);
    await cluster.until('both pods run on node-2', async () => {
      const pods = await podsOf('app=web');
      type Pod = { spec: { nodeName?: string }; status: { phase: string } };
      return (
        pods.filter((p: Pod) => p.spec.nodeName === 'node-2' && p.status.phase === 'Running').length === 2
      );
    });
    await cluster.kubectl(['uncordon', 'node-1']);
  });

  it('keep the containers of a kubelet that is killed, and take it back', async () => {
    await apply(pod('stays', template('exec sleep 300')));
    await wait('condition=Ready', 'pod/stays');
    const { spec } = await cluster.json(['get', 'pod', 'stays'], { namespace });
    const node = `node/${spec.nodeName}`;
    const number = Number(spec.nodeName.slice('node-'.length));
    await cluster.kill(`kubelet-${number}`);
    await cluster.wait('condition=Ready=Unknown', node);
    await cluster.start(`kubelet-${number}`);
    await cluster.wait('condition=Ready', node);
    await wait('condition=Ready', 'pod/stays');
    const { status } = await cluster.json(['get', 'pod', 'stays'], { namespace });
    expect(status.containerStatuses[0]).toMatchObject({ restartCount: 0, state: { running: {} } });
  });
});
