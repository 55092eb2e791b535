/** Certificates, tokens and kubeconfigs of a test control plane. */
const { execFileSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const DAYS = 365;

/** Users and their groups; the file name of a user's kubeconfig is its key. */
const USERS = {
  admin: ['admin', 'system:masters'],
  'controller-manager': ['system:kube-controller-manager', ''],
  scheduler: ['system:kube-scheduler', ''],
  proxy: ['system:kube-proxy', ''],
};

function openssl(folder, ...args) {
  execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Writes NAME.key and NAME.crt, signed by the folder's authority. */
function certify(folder, name, subject, extension) {
  newKey(folder, name);
  writeFileSync(join(folder, `${name}.ext`), `${extension}\n`);
  openssl(folder, 'req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
  const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  const request = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`];
  openssl(folder, 'x509', '-req', '-days', String(DAYS), ...authority, ...request);
}

function newKey(folder, name) {
  openssl(folder, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);
}

/** A certificate of a webhook that serves on loopback: tls.crt and tls.key with the prefix `name`. */
function certifyWebhook(folder, name) {
  certify(folder, name, `/CN=${name}`, 'subjectAltName=IP:127.0.0.1,DNS:localhost');
}

/** Everything that the processes of a control plane at `address` read, in `folder`. */
function makeCredentials(folder, { address, port, serviceAddress, nodeNames }) {
  newKey(folder, 'ca');
  openssl(
    folder,
    ...['req', '-x509', '-new', '-key', 'ca.key', '-subj', '/CN=test-ca'],
    ...['-days', String(DAYS), '-out', 'ca.crt'],
  );
  const services = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const names = [...services, 'kubernetes.default.svc.cluster.local', 'localhost'].map((n) => `DNS:${n}`);
  const addresses = [...new Set(['127.0.0.1', serviceAddress, address])].map((a) => `IP:${a}`);
  certify(folder, 'apiserver', '/CN=kube-apiserver', `subjectAltName=${[...names, ...addresses].join(',')}`);
  const client = '/O=system:masters/CN=kube-apiserver-kubelet-client';
  certify(folder, 'kubelet-client', client, 'extendedKeyUsage=clientAuth');
  openssl(folder, 'genrsa', '-out', 'sa.key', '2048');
  openssl(folder, 'rsa', '-in', 'sa.key', '-pubout', '-out', 'sa.pub');
  const nodes = nodeNames.map((name) => [name, [`system:node:${name}`, 'system:nodes']]);
  const lines = [...Object.entries(USERS), ...nodes].map(([file, [user, group]]) => {
    const token = randomBytes(16).toString('hex');
    writeKubeconfig(folder, file, { server: `https://${address}:${port}`, token });
    return `${token},${user},${user},"${group}"\n`;
  });
  writeFileSync(join(folder, 'tokens.csv'), lines.join(''), { mode: 0o600 });
}

/** @returns the path of the kubeconfig NAME.kubeconfig; JSON, which is YAML too */
function writeKubeconfig(folder, name, { server, token, namespace }) {
  const path = join(folder, `${name}.kubeconfig`);
  const authority = readFileSync(join(folder, 'ca.crt')).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name, namespace } }],
    'current-context': 'test',
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** The server and the token of a kubeconfig that `writeKubeconfig` has written. */
function readKubeconfig(path) {
  if (!existsSync(path)) throw new Error(`${path} does not exist; the control plane has not started`);
  const config = JSON.parse(readFileSync(path, 'utf8'));
  return { server: config.clusters[0].cluster.server, token: config.users[0].user.token };
}

module.exports = { certifyWebhook, makeCredentials, readKubeconfig, writeKubeconfig };
