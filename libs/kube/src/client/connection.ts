import { readFile, stat } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';

/** What a request needs to reach the API server and to be let in. */
export interface Access {
  /** `authorization`, and impersonation if it is configured. */
  headers: Record<string, string>;
  tls: {
    ca?: string | Buffer;
    cert?: string | Buffer;
    key?: string | Buffer;
    servername?: string;
    rejectUnauthorized?: boolean;
  };
  /** Connects through the proxy of the kubeconfig. */
  proxyAgent?: Agent;
}

/** Where the API server is, and how to get in. */
export interface KubeConnection {
  readonly server: URL;
  /** The namespace of the context or of the service account. */
  readonly namespace: string;
  /** Reads the credentials again: they rotate while a process runs. */
  access(): Promise<Access>;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ConnectOptions {
  /** A kubeconfig file. Default: KUBECONFIG, then ~/.kube/config unless in a pod. */
  kubeconfig?: string;
  /** Default: the current context of the file. */
  context?: string;
  /** The folder of the service account in a pod. */
  serviceAccount?: string;
}

/**
 * Connects as kubectl does: a named kubeconfig, else KUBECONFIG, else the service account of the pod, else
 * `~/.kube/config`.
 */
export async function connectFromEnvironment(options: ConnectOptions = {}): Promise<KubeConnection> {
  const { kubeconfig = process.env['KUBECONFIG'], serviceAccount = SERVICE_ACCOUNT } = options;
  if (kubeconfig) return connectFromKubeconfig(kubeconfig, options.context);
  if (process.env['KUBERNETES_SERVICE_HOST']) return connectFromServiceAccount(serviceAccount);
  const ofUser = join(homedir(), '.kube', 'config');
  if (await exists(ofUser)) return connectFromKubeconfig(ofUser, options.context);
  throw new Error(
    'Found no Kubernetes API server: set KUBECONFIG to a kubeconfig file, or run in a pod with a service account token',
  );
}

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * The service account of the pod. The few lines are our own because loading `@kubernetes/client-node` costs 65 MB of
 * memory, and because its token file is read again only after a minute, also when the server has answered 401.
 */
async function connectFromServiceAccount(folder: string): Promise<KubeConnection> {
  const host = process.env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = process.env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const read = async (file: string) => {
    try {
      return await readFile(join(folder, file), 'utf8');
    } catch (error) {
      throw new Error(
        `Cannot read ${join(folder, file)}: the pod needs a service account token (automountServiceAccountToken)`,
        { cause: error },
      );
    }
  };
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: (await read('namespace')).trim(),
    async access() {
      const [token, ca] = await Promise.all([read('token'), read('ca.crt')]);
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
    },
  };
}

/** A kubeconfig, read by client-node: contexts, certificates, exec plugins, OIDC, proxies. */
async function connectFromKubeconfig(files: string, context?: string): Promise<KubeConnection> {
  let { config, version } = await load(files, context);
  const cluster = config.getCurrentCluster();
  if (!cluster?.server)
    throw new Error(
      `${files}: found no cluster for context "${config.getCurrentContext()}"; check current-context`,
    );
  return {
    server: new URL(cluster.server),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async access() {
      // Loading it again throws away the tokens that an exec plugin gave, so only a changed file is.
      if ((await versionOf(files)) !== version) ({ config, version } = await load(files, context));
      return accessOf(config);
    },
  };
}

async function load(files: string, context?: string): Promise<{ config: KubeConfig; version: string }> {
  const version = await versionOf(files);
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const [first, ...others] = files.split(delimiter).filter(Boolean);
  config.loadFromFile(first);
  for (const file of others) {
    const other = new KubeConfig();
    other.loadFromFile(file);
    config.mergeConfig(other);
  }
  if (context !== undefined) {
    if (!config.getContextObject(context))
      throw new Error(
        `${files}: has no context "${context}", only ${config
          .getContexts()
          .map(({ name }) => name)
          .join(', ')}`,
      );
    config.setCurrentContext(context);
  }
  return { config, version };
}

async function versionOf(files: string): Promise<string> {
  const stats = await Promise.all(
    files
      .split(delimiter)
      .filter(Boolean)
      .map((file) => stat(file)),
  );
  return stats.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join();
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {}))
    headers[name.toLowerCase()] = String(value);
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const { ca, cert, key, servername, rejectUnauthorized } = options as Access['tls'];
  return {
    headers,
    tls: { ca, cert, key, servername, rejectUnauthorized },
    proxyAgent: config.getCurrentCluster()?.proxyUrl ? (options.agent as Agent) : undefined,
  };
}
