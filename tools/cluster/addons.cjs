/** Kueue and JobSet as processes beside the control plane: their webhooks are called on loopback instead of a Service. */
const { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { get } = require('node:http');
const { join } = require('node:path');
const { parseAllDocuments } = require('yaml');
const { manifestsFolder, programPath } = require('./components.cjs');
const { freePorts } = require('./control-plane.cjs');
const { certifyWebhook } = require('./credentials.cjs');

const HEALTHY_SECONDS = 90;

/**
 * What differs between the two: `configuration` is the content of the controller's file, of which the fields that both
 * have are left out.
 */
const ADDONS = {
  jobset: {
    configuration: ({ metricsAddress, certificates }) => ({
      apiVersion: 'config.jobset.x-k8s.io/v1alpha1',
      metrics: { bindAddress: metricsAddress, certDir: certificates },
    }),
    command: (program, args) => [program, args],
  },
  kueue: {
    configuration: ({ metricsAddress, names }) => ({
      apiVersion: 'config.kueue.x-k8s.io/v1beta2',
      namespace: 'kueue-system',
      metrics: { bindAddress: metricsAddress },
      clientConnection: { qps: 200, burst: 400 },
      integrations: {
        frameworks: ['batch/job', 'pod', ...(names.includes('jobset') ? ['jobset.x-k8s.io/jobset'] : [])],
      },
    }),
    // Kueue reads the certificate of its metrics from a fixed path: it gets an /etc of its own. The visibility server,
    // which is off, reads another one.
    command: (program, args, folder, certificates) => {
      const upper = join(folder, 'kueue-etc', 'upper');
      const work = join(folder, 'kueue-etc', 'work');
      const metrics = join(upper, 'kueue/metrics/certs');
      for (const path of [metrics, work]) mkdirSync(path, { recursive: true });
      for (const file of ['tls.crt', 'tls.key']) copyFileSync(join(certificates, file), join(metrics, file));
      const mount = `mount -t overlay -o "lowerdir=/etc,upperdir=$0,workdir=$1" overlay /etc && shift && exec "$@"`;
      const all = [...args, '--feature-gates=VisibilityOnDemand=false'];
      return ['unshare', ['--mount', 'sh', '-c', mount, upper, work, program, ...all]];
    },
  },
};

/**
 * Starts the addons `names` of a control plane: JobSet before Kueue, which watches JobSets. While Kueue's process is gone,
 * no Job can be created, because its webhooks do not answer.
 */
async function startAddons(cluster, names) {
  for (const name of names)
    if (!ADDONS[name])
      throw new Error(`found no addon "${name}", expected one of ${Object.keys(ADDONS).join(', ')}`);
  for (const name of Object.keys(ADDONS)) if (names.includes(name)) await startAddon(cluster, name, names);
}

async function startAddon(cluster, name, names) {
  const { folder, processes } = cluster;
  const addon = ADDONS[name];
  const [webhook, health, metrics] = await freePorts(3);
  const certificates = join(folder, `${name}-certs`);
  mkdirSync(certificates, { recursive: true });
  certifyWebhook(folder, name);
  for (const end of ['crt', 'key'])
    copyFileSync(join(folder, `${name}.${end}`), join(certificates, `tls.${end}`));
  const file = join(folder, `${name}-config.yaml`);
  const configuration = {
    kind: 'Configuration',
    health: { healthProbeBindAddress: `127.0.0.1:${health}` },
    webhook: { host: '127.0.0.1', port: Number(webhook), certDir: certificates },
    leaderElection: { leaderElect: false },
    internalCertManagement: { enable: false },
    ...addon.configuration({ metricsAddress: `127.0.0.1:${metrics}`, certificates, names }),
  };
  writeFileSync(file, JSON.stringify(configuration, null, 2));

  const caBundle = readFileSync(join(folder, 'ca.crt')).toString('base64');
  const call = (path) => ({ url: `https://127.0.0.1:${webhook}${path}`, caBundle });
  const crds = customResources(name, call('/convert'));
  await cluster.apply([namespace(`${name}-system`), ...crds]);
  await cluster.wait(
    'condition=Established',
    crds.map(({ metadata }) => `crd/${metadata.name}`),
  );
  const [command, args] = addon.command(programPath(name), ['--config', file], folder, certificates);
  processes.run(name, command, args, { KUBECONFIG: cluster.kubeconfig });
  await processes.ready(name, () => isHealthy(health), HEALTHY_SECONDS);
  await cluster.apply(webhooks(name, call));
}

const namespace = (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** The custom resource definitions, with the conversion webhook for those that have several versions. */
function customResources(name, clientConfig) {
  const crds = readYaml(join(manifestsFolder(name), 'crd/bases'));
  const converted = readYaml(join(manifestsFolder(name), 'crd/patches'))
    .filter((patch) => patch.spec?.conversion)
    .map((patch) => patch.metadata.name);
  for (const crd of crds)
    if (converted.includes(crd.metadata.name) && crd.spec.versions.length > 1)
      crd.spec.conversion = {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig },
      };
  return crds;
}

/** The webhook configurations, with URLs in the place of the Service. */
function webhooks(name, call) {
  const configurations = readYaml(join(manifestsFolder(name), 'webhook'));
  for (const configuration of configurations) {
    configuration.metadata.name = `${name}-${configuration.metadata.name}`;
    for (const webhook of configuration.webhooks) {
      webhook.clientConfig = call(webhook.clientConfig.service.path);
      webhook.namespaceSelector = {
        matchExpressions: [
          {
            key: 'kubernetes.io/metadata.name',
            operator: 'NotIn',
            values: ['kube-system', `${name}-system`],
          },
        ],
      };
    }
  }
  return configurations;
}

function readYaml(folder) {
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS())
    .filter(Boolean);
}

function isHealthy(port) {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

module.exports = { startAddons };
