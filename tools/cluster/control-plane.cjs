/** Starts etcd, the API server, the controller manager and the scheduler as processes of a folder. */
const { execFileSync } = require('node:child_process');
const { request } = require('node:https');
const { createServer } = require('node:net');
const { networkInterfaces } = require('node:os');
const { join } = require('node:path');
const { programPath } = require('./components.cjs');
const { makeCredentials } = require('./credentials.cjs');

const SERVICE_RANGE = '10.96.0.0/16';
const SERVICE_ADDRESS = '10.96.0.1';

/**
 * Resolves when all four are healthy.
 * @param options `address`: of the API server, one of this network namespace. `nodeNames`: of real nodes. `flags`: further flags of a process by its
 *   name. `nodeGraceSeconds`: after which a node without heartbeats is not ready. `evictionSeconds`: after which its pods
 *   are deleted
 */
async function startControlPlane(processes, options) {
  const { address, nodeNames, flags, nodeGraceSeconds, evictionSeconds } = options;
  assertLocal(address);
  const { folder } = processes;
  const [port, etcdPort, peerPort, controllerPort, schedulerPort] = await freePorts(5);
  makeCredentials(folder, { address, port, serviceAddress: SERVICE_ADDRESS, nodeNames });
  const file = (name) => join(folder, name);
  const run = (name, program, args) =>
    processes.run(name, programPath('kube'), [program, ...args, ...(flags[name] ?? [])]);
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;

  run('etcd', 'etcd', [
    ...['--data-dir', file('etcd'), '--unsafe-no-fsync', '--log-level=warn'],
    ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ...['--initial-cluster', `default=${peer}`],
  ]);
  run('apiserver', 'kube-apiserver', [
    ...['--etcd-servers', etcd, '--secure-port', port],
    ...['--bind-address', address, '--advertise-address', address],
    // A loopback address is refused as an endpoint of the Service "kubernetes".
    ...['--endpoint-reconciler-type', address.startsWith('127.') ? 'none' : 'lease'],
    ...['--tls-cert-file', file('apiserver.crt'), '--tls-private-key-file', file('apiserver.key')],
    ...['--client-ca-file', file('ca.crt'), '--token-auth-file', file('tokens.csv')],
    ...['--authorization-mode', 'Node,RBAC', '--allow-privileged'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-signing-key-file', file('sa.key'), '--service-account-key-file', file('sa.pub')],
    ...['--service-cluster-ip-range', SERVICE_RANGE],
    // Otherwise "kubectl logs" looks up the node's name in DNS.
    ...['--kubelet-preferred-address-types', 'InternalIP,Hostname'],
    ...['--kubelet-client-certificate', file('kubelet-client.crt')],
    ...['--kubelet-client-key', file('kubelet-client.key')],
    ...['--default-not-ready-toleration-seconds', evictionSeconds],
    ...['--default-unreachable-toleration-seconds', evictionSeconds],
    ...['--enable-priority-and-fairness=false', '--profiling=false'],
  ]);
  await processes.ready('apiserver', () => answers(`https://${address}:${port}/readyz`));

  const client = ['--leader-elect=false', '--kube-api-qps', 500, '--kube-api-burst', 1000];
  run('controller-manager', 'kube-controller-manager', [
    ...['--kubeconfig', file('controller-manager.kubeconfig'), ...client],
    ...['--bind-address', '127.0.0.1', '--secure-port', controllerPort],
    ...['--cert-dir', file('controller-manager-certs')],
    ...['--service-account-private-key-file', file('sa.key'), '--root-ca-file', file('ca.crt')],
    ...['--cluster-signing-cert-file', file('ca.crt'), '--cluster-signing-key-file', file('ca.key')],
    '--enable-hostpath-provisioner',
    ...['--use-service-account-credentials', '--node-monitor-period', '1s'],
    ...['--node-monitor-grace-period', `${nodeGraceSeconds}s`],
    // By default one lost node in 10 s, and none where more than half are lost. Where all are lost, still none.
    ...['--node-eviction-rate', 100, '--secondary-node-eviction-rate', 100],
    ...['--large-cluster-size-threshold', 1],
  ]);
  run('scheduler', 'kube-scheduler', [
    ...['--kubeconfig', file('scheduler.kubeconfig'), ...client],
    ...['--authentication-kubeconfig', file('scheduler.kubeconfig')],
    ...['--authorization-kubeconfig', file('scheduler.kubeconfig')],
    ...['--bind-address', '127.0.0.1', '--secure-port', schedulerPort, '--cert-dir', file('scheduler-certs')],
  ]);
  const health = (port, path) => () => answers(`https://127.0.0.1:${port}${path}`);
  await Promise.all([
    processes.ready('controller-manager', health(controllerPort, '/healthz')),
    processes.ready('scheduler', health(schedulerPort, '/readyz')),
  ]);
}

/** A connection to an address that is not local would leave the machine. */
function assertLocal(address) {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  if (!all.some((found) => found.address === address) && !hasAddress(address))
    throw new Error(`${address} is not an address of this network namespace; add it to a device first`);
}

/** networkInterfaces() leaves out devices without a carrier, such as a bridge with no port. */
function hasAddress(address) {
  const text = execFileSync('ip', ['-o', 'address', 'show'], { encoding: 'utf8' });
  return text.split('\n').some((line) => line.split(/[\s/]+/).includes(address));
}

/** Whether a server of the control plane answers with 200; its certificate is not checked. */
function answers(url, options = {}) {
  return new Promise((resolve) => {
    const get = request(url, { rejectUnauthorized: false, timeout: 2000, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    get.on('timeout', () => get.destroy());
    get.on('error', () => resolve(false));
    get.end();
  });
}

/** Free ports, found together so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => String(server.address().port));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

module.exports = { answers, freePorts, startControlPlane };
