/** A real Kubernetes control plane for tests; `cluster.d.cts` documents the functions. */
const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { mkdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { startAddons } = require('./addons.cjs');
const { missingComponents, programPath } = require('./components.cjs');
const { answers, startControlPlane } = require('./control-plane.cjs');
const { readKubeconfig, writeKubeconfig } = require('./credentials.cjs');
const {
  assertNoWayOut,
  isIsolated,
  missingIsolation,
  sharedTemporaryFolder,
  temporaryFolder,
} = require('./isolation.cjs');
const { API_ADDRESS, importImage, nodeName, prepareNodes, startNodes, stopNodes } = require('./node.cjs');
const { missingNode } = require('./node-requirements.cjs');
const { Processes, sleep } = require('./processes.cjs');
const { prepareStorage, STORAGE_CLASS } = require('./storage.cjs');
const { gpuNodes, startSimulation } = require('./simulation.cjs');

/** Longer than anything takes on a loaded machine: only a test that fails waits so long. */
const WAIT_SECONDS = 180;

/** The same as an argument of kubectl and helm. */
const TIMEOUT = `--timeout=${WAIT_SECONDS}s`;

const BASIC = ['clients', 'kube', 'kwok'];

/** The folder of the cluster that the run of the tests shares. */
const SHARED = 'OPEN_CHATGPT_TEST_CLUSTER';

/** The reason why no control plane can be started on this machine, or null; nothing is built. */
function missingCluster(components = BASIC) {
  const reason = isIsolated() ? null : missingIsolation();
  if (reason) return reason;
  try {
    const missing = missingComponents(components);
    return missing.length === 0
      ? null
      : `${missing.join(', ')} not built; run "node tools/cluster/build.mjs" once (25 minutes on two cores)`;
  } catch (error) {
    return error.message;
  }
}

async function startCluster(options = {}) {
  assertNoWayOut();
  const { nodeGraceSeconds = 10, nodes = 0 } = options;
  const missing = nodes > 0 && missingNode();
  if (missing) throw new Error(missing);

  const temporary = !options.folder;
  const folder = options.folder ?? temporaryFolder('cluster-');
  mkdirSync(folder, { recursive: true });
  const cluster = new Cluster(folder, temporary);
  const end = () => cluster.processes.killAll();
  process.once('exit', end);
  try {
    prepareStorage(sharedTemporaryFolder());
    if (nodes > 0) await prepareNodes(nodes);
    await startControlPlane(cluster.processes, {
      address: options.address ?? (nodes > 0 ? API_ADDRESS : '127.0.0.1'),
      nodeNames: Array.from({ length: nodes }, (_, index) => nodeName(index)),
      flags: options.flags ?? {},
      nodeGraceSeconds,
      evictionSeconds: options.evictionSeconds ?? 5,
    });
    startSimulation(cluster.processes, nodeGraceSeconds);
    await cluster.namespaceReady('default');
    await cluster.apply(STORAGE_CLASS);
    await startAddons(cluster, options.addons ?? []);
    if (nodes > 0) await startNodes(cluster, nodes);
  } catch (error) {
    end();
    throw error;
  }
  return cluster;
}

/** The cluster that this run of the tests shares. */
function sharedCluster() {
  const folder = process.env[SHARED];
  if (!folder)
    throw new Error(
      `there is no shared cluster (${SHARED} is not set); run the specs with "npm run e2e:cluster"`,
    );
  return new Cluster(folder, false);
}

class Cluster {
  constructor(folder, temporary) {
    this.folder = folder;
    this.temporary = temporary;
    this.kubeconfig = join(folder, 'admin.kubeconfig');
    this.caFile = join(folder, 'ca.crt');
    this.processes = new Processes(folder);
  }

  get server() {
    return readKubeconfig(this.kubeconfig).server;
  }

  get token() {
    return readKubeconfig(this.kubeconfig).token;
  }

  kubectl(args, options = {}) {
    return this.client('kubectl', args, options);
  }

  helm(args, options = {}) {
    return this.client('helm', args, options);
  }

  client(program, args, { input, namespace, kubeconfig = this.kubeconfig, env = {} } = {}) {
    const all = namespace ? ['--namespace', namespace, ...args] : args;
    // Discovery and helm's caches are the cluster's own: the next cluster has another API.
    const home = join(this.folder, 'home');
    return runClient(programPath(program), all, input, {
      ...process.env,
      HOME: home,
      KUBECACHEDIR: join(home, 'kube-cache'),
      KUBECONFIG: kubeconfig,
      ...env,
    });
  }

  async json(args, options = {}) {
    return JSON.parse(await this.kubectl([...args, '--output', 'json'], options));
  }

  /** Server-side: some custom resource definitions are too large for an annotation with the last applied state. */
  apply(manifests, options = {}) {
    const input =
      typeof manifests === 'string'
        ? manifests
        : [manifests]
            .flat()
            .map((object) => JSON.stringify(object))
            .join('\n---\n');
    const flags = ['--server-side', '--force-conflicts', '--field-manager', 'test'];
    return this.kubectl(['apply', ...flags, ...(options.flags ?? []), '--filename', '-'], {
      ...options,
      input,
    });
  }

  async until(what, probe, seconds = WAIT_SECONDS) {
    const deadline = Date.now() + seconds * 1000;
    let last;
    for (;;) {
      try {
        const value = await probe();
        if (value) return value;
        last = undefined;
      } catch (error) {
        last = error;
      }
      if (Date.now() > deadline)
        throw new Error(`not within ${seconds} s: ${what}${last ? ` (last error: ${last.message})` : ''}`);
      await sleep(200);
    }
  }

  /** kubectl's own wait fails on a resource that is not there yet, or that has no conditions yet. */
  async wait(condition, resources, { seconds = WAIT_SECONDS, ...options } = {}) {
    const all = [resources].flat();
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const rest = Math.max(1, Math.ceil((deadline - Date.now()) / 1000));
      try {
        const args = ['wait', '--for', condition, '--timeout', `${rest}s`, ...all];
        await this.kubectl(args, options);
        return;
      } catch (error) {
        const early = /accessor error|NotFound/.test(error.message);
        if (!early || Date.now() > deadline)
          throw new Error(`not within ${seconds} s: ${condition} of ${all.join(', ')} (${error.message})`);
        await sleep(200);
      }
    }
  }

  async createNamespace(prefix = 'test', labels = {}) {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    await this.namespaceReady(name);
    return name;
  }

  /** Pods are refused until the controllers have made the service account and the CA bundle of a namespace. */
  async namespaceReady(namespace) {
    const resources = ['serviceaccount/default', 'configmap/kube-root-ca.crt'];
    await this.until(`namespace ${namespace} is ready`, () =>
      this.kubectl(['get', ...resources, '--output', 'name'], { namespace }),
    );
  }

  async addGpuNodes(options = {}) {
    const nodes = gpuNodes(options);
    await this.kubectl(['create', '--filename', '-'], {
      input: nodes.map((node) => JSON.stringify(node)).join('\n---\n'),
    });
    const names = nodes.map(({ metadata }) => metadata.name);
    await this.wait(
      'condition=Ready',
      names.map((name) => `node/${name}`),
    );
    return names;
  }

  async removeNodes(names) {
    await this.kubectl(['delete', 'node', '--ignore-not-found', ...names]);
  }

  /** Another holder of the node's lease makes kwok stop its heartbeats and leave its pods as they are. */
  async loseNode(name) {
    await this.patchLease(name, { holderIdentity: 'lost', leaseDurationSeconds: 1e9 });
  }

  async reviveNode(name) {
    await this.patchLease(name, { leaseDurationSeconds: 1 });
  }

  async patchLease(node, spec) {
    const patch = JSON.stringify({ spec });
    await this.kubectl(['patch', 'lease', node, '--type', 'merge', '--patch', patch], {
      namespace: 'kube-node-lease',
    });
  }

  async annotate(namespace, pod, annotations) {
    const pairs = Object.entries(annotations).map(([name, value]) => `sim/${name}=${value}`);
    await this.kubectl(['annotate', 'pod', pod, '--overwrite', ...pairs], { namespace });
  }

  async kubeconfigOf(namespace, serviceAccount) {
    const token = (await this.kubectl(['create', 'token', serviceAccount], { namespace })).trim();
    const name = `${namespace}-${serviceAccount}`;
    return writeKubeconfig(this.folder, name, { server: this.server, token, namespace });
  }

  kill(name) {
    return this.processes.kill(name);
  }

  async start(name) {
    this.processes.again(name);
    if (name === 'apiserver') await this.processes.ready(name, () => answers(`${this.server}/readyz`));
  }

  async forgetVersions() {
    const { args } = this.processes.commandOf('etcd');
    const etcd = args[args.indexOf('--listen-client-urls') + 1];
    const ask = async (path, body) => {
      const response = await fetch(`${etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`etcd answers ${response.status}: ${await response.text()}`);
      return response.json();
    };
    const { header } = await ask('range', { key: Buffer.from('/').toString('base64') });
    await ask('compaction', { revision: header.revision, physical: true });
  }

  log(name) {
    return this.processes.log(name);
  }

  importImage(archive) {
    return importImage(this, archive);
  }

  /** Ends all processes, and removes the folder if it is a temporary one. */
  async stop() {
    if (this.processes.names().includes('kube-proxy')) await stopNodes(this);
    await Promise.all(this.processes.names().map((name) => this.processes.kill(name)));
    if (this.temporary) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @returns what the program writes to its standard output; throws with what it writes to the other when it fails */
function runClient(path, args, input, env) {
  const child = spawn(path, args, { env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (errors += data));
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(output)
        : reject(Object.assign(new Error(errors.trim() || `it ended with code ${code}`), { code, output })),
    );
  });
}

module.exports = { missingCluster, missingNode, SHARED, sharedCluster, startCluster, TIMEOUT };
