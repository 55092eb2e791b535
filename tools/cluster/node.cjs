/** Real nodes: kubelet and containerd on this machine, in the namespaces of the cluster. Pods run in them. */
const { execFile, execFileSync, spawnSync } = require('node:child_process');
const { mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { promisify } = require('node:util');
const { makeCgroup, removeCgroup } = require('./cgroups.cjs');
const { programPath } = require('./components.cjs');
const { writeImage } = require('./image.cjs');
const { cgroupName } = require('./isolation.cjs');
const { CNI_PROGRAMS } = require('./node-requirements.cjs');
const { sleep } = require('./processes.cjs');

const execute = promisify(execFile);

const PAUSE = 'localhost/pause:1';
const BRIDGE = 'kube0';
const WAIT_MINUTES = 15;
const POD_RANGE = '10.244.0.0/16';

/** Where a node keeps state at fixed paths: each gets an empty file system, which vanishes with the namespaces. */
const PRIVATE_FOLDERS = ['/run/netns', '/run/containerd', '/var/lib/cni', '/var/log/containers'];

/** Names of its processes; those of the second node have another number. */
const nodeName = (index) => `node-${index + 1}`;
const nodeAddress = (index) => `10.97.0.${index + 1}`;

/** The address at which the API server of a cluster with real nodes serves: pods cannot reach loopback. */
const API_ADDRESS = nodeAddress(0);

/**
 * Makes the addresses of the nodes, and the places in which nodes keep state. It waits while another cluster of this
 * network namespace has real nodes, because the rules of kube-proxy are for one cluster.
 */
async function prepareNodes(count) {
  const deadline = Date.now() + WAIT_MINUTES * 60_000;
  while (spawnSync('ip', ['link', 'add', BRIDGE, 'type', 'bridge']).status !== 0) {
    if (!hasLink(BRIDGE) || Date.now() > deadline)
      throw new Error(`the bridge ${BRIDGE} of the real nodes cannot be made in this network namespace`);
    await sleep(500);
  }
  for (let index = 0; index < count; index++)
    execFileSync('ip', ['address', 'add', `${nodeAddress(index)}/32`, 'dev', BRIDGE]);
  execFileSync('ip', ['link', 'set', BRIDGE, 'up']);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  for (const folder of PRIVATE_FOLDERS) {
    mkdirSync(folder, { recursive: true });
    if (!isMounted(folder)) execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  }
}

function hasLink(name) {
  return readdirSync('/proc/sys/net/ipv4/conf').includes(name);
}

function isMounted(folder) {
  return mounts().some(({ path, type }) => path === folder && type === 'tmpfs');
}

function mounts() {
  return readFileSync('/proc/mounts', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => ({ path: line.split(' ')[1], type: line.split(' ')[2] }));
}

/** Starts DNS, kube-proxy and `count` nodes, and resolves when the nodes are Ready. */
async function startNodes(cluster, count) {
  const { processes, folder } = cluster;
  startDns(cluster);
  const proxy = join(folder, 'proxy.yaml');
  writeFileSync(proxy, JSON.stringify(proxyConfiguration(folder)));
  const name = ['--hostname-override', nodeName(0)];
  processes.run('kube-proxy', programPath('kube'), ['kube-proxy', '--config', proxy, ...name]);
  const pause = join(folder, 'pause.tar');
  const program = programPath('pause');
  writeImage(pause, { name: PAUSE, files: { '/pause': program }, entrypoint: ['/pause'] });
  await Promise.all(Array.from({ length: count }, (_, index) => startNode(cluster, index, pause)));
  const nodes = Array.from({ length: count }, (_, index) => `node/${nodeName(index)}`);
  await cluster.wait('condition=Ready', nodes);
}

/** Cluster DNS: a process on the address that kubelet gives to pods. */
function startDns({ processes, folder, kubeconfig }) {
  const file = join(folder, 'Corefile');
  writeFileSync(
    file,
    `cluster.local:53 {
  bind ${API_ADDRESS}
  errors
  cache 5
  kubernetes cluster.local {
    kubeconfig ${kubeconfig} test
    pods insecure
  }
}
`,
  );
  processes.run('dns', programPath('coredns'), ['-conf', file]);
}

function proxyConfiguration(folder) {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: POD_RANGE,
    bindAddress: '127.0.0.1',
    healthzBindAddress: '',
    metricsBindAddress: '',
    clientConnection: { kubeconfig: join(folder, 'proxy.kubeconfig') },
    // The limits of conntrack belong to the machine.
    conntrack: { maxPerCore: 0, min: 0 },
  };
}

async function startNode({ processes, folder }, index, pause) {
  const name = nodeName(index);
  const home = join(folder, name);
  for (const part of ['cni', 'kubelet', 'logs']) mkdirSync(join(home, part), { recursive: true });
  const cgroup = `/${cgroupName()}/${name}`;
  makeCgroup(cgroup);
  writeFileSync(join(home, 'containerd.toml'), containerdConfiguration(home));
  writeFileSync(join(home, 'cni', '10-pods.conflist'), JSON.stringify(podNetwork(home, index)));
  const kubelet = kubeletConfiguration({ folder, home, cgroup, index });
  writeFileSync(join(home, 'kubelet.yaml'), JSON.stringify(kubelet));

  processes.run(`containerd-${index + 1}`, 'containerd', ['--config', join(home, 'containerd.toml')]);
  await processes.ready(`containerd-${index + 1}`, () =>
    ctr(home, ['version']).then(
      () => true,
      () => false,
    ),
  );
  await ctr(home, ['--namespace', 'k8s.io', 'images', 'import', pause]);
  processes.run(`kubelet-${index + 1}`, programPath('kube'), [
    ...['kubelet', '--config', join(home, 'kubelet.yaml'), '--hostname-override', name],
    ...['--kubeconfig', join(folder, `${name}.kubeconfig`), '--node-ip', nodeAddress(index)],
    ...['--root-dir', join(home, 'kubelet'), '--cert-dir', join(home, 'certificates')],
  ]);
}

function containerdConfiguration(home) {
  return `version = 2
root = "${home}/containerd"
state = "${home}/containerd-state"
[grpc]
  address = "${home}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  # Without the right to lower an oom score, which kubelet asks for, no pod would start.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PROGRAMS}"
    conf_dir = "${home}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

function podNetwork(home, index) {
  const subnet = `10.244.${index}.0/24`;
  return {
    cniVersion: '1.0.0',
    name: `pods-${index + 1}`,
    plugins: [
      {
        type: 'bridge',
        bridge: `cni${index}`,
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: join(home, 'addresses'),
          ranges: [[{ subnet }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfiguration({ folder, home, cgroup, index }) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeAddress(index),
    healthzPort: 0,
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroup,
    containerRuntimeEndpoint: `unix://${home}/containerd.sock`,
    podLogsDir: join(home, 'logs'),
    volumePluginDir: join(home, 'volume-plugins'),
    resolvConf: '',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(folder, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [API_ADDRESS],
    clusterDomain: 'cluster.local',
    // The machine's own limits are not the tests' concern.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: 8,
    syncFrequency: '10s',
  };
}

function ctr(home, args) {
  return execute('ctr', ['--address', join(home, 'containerd.sock'), ...args]);
}

/** Imports an archive in Docker's or OCI's format into every node; pods use its name with imagePullPolicy Never. */
async function importImage({ folder }, archive) {
  const homes = readdirSync(folder).filter((name) => /^node-\d+$/.test(name));
  if (homes.length === 0) throw new Error('this cluster has no real nodes; start it with { nodes: 1 }');
  for (const home of homes)
    await ctr(join(folder, home), ['--namespace', 'k8s.io', 'images', 'import', archive]);
}

/**
 * Ends all containers and nodes, and removes what they leave in these namespaces and in the machine's cgroups, so that
 * another cluster can start here. What is left by a run that is killed goes with its namespaces.
 */
async function stopNodes({ processes, folder }) {
  const names = processes.names();
  for (const name of names.filter((name) => /^(kubelet|kube-proxy|dns)/.test(name)))
    await processes.kill(name);
  for (const name of names.filter((name) => name.startsWith('containerd'))) await processes.kill(name);
  killShims(folder);
  await removeCgroup(cgroupName());
  for (const { path } of mounts().toReversed())
    if (path.startsWith(`${folder}/`) || path.startsWith('/run/netns/cni-'))
      execFileSync('umount', ['--lazy', path]);
  for (const link of readdirSync('/proc/sys/net/ipv4/conf'))
    if (/^cni\d+$/.test(link)) spawnSync('ip', ['link', 'delete', link]);
  for (const table of ['nat', 'filter', 'mangle'])
    for (const flag of ['--flush', '--delete-chain']) spawnSync('iptables', ['--table', table, flag]);
  // The last step: another cluster may be waiting for it.
  spawnSync('ip', ['link', 'delete', BRIDGE]);
}

/** The shims of containerd are the parents of containers and outlive it. */
function killShims(folder) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (basename(command[0]).startsWith('containerd-shim') && command.some((arg) => arg.startsWith(folder)))
        process.kill(Number(pid), 'SIGKILL');
    } catch (error) {
      if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
    }
  }
}

module.exports = {
  API_ADDRESS,
  importImage,
  nodeName,
  prepareNodes,
  startNodes,
  stopNodes,
};
