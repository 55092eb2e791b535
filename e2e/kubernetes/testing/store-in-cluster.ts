import type { Cluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

/**
 * Executes a program in the pod of the gateway, with the `store` of the platform and `describeFolder` of the storage library.
 * @returns what it prints
 */
export async function withStore(cluster: Cluster, namespace: string, body: string): Promise<string> {
  const selector = 'app.kubernetes.io/component=gateway';
  const { items } = await cluster.json(['get', 'pods', '--selector', selector], { namespace });
  const program = `
    const load = require('node:module').createRequire('/app/apps/gateway/dist/main.js');
    const { loadConfig, serviceConfigSchema } = load('@open-chatgpt/service');
    const { openObjectStore, describeFolder } = load('@open-chatgpt/storage');
    const c = loadConfig(serviceConfigSchema);
    const store = openObjectStore(c.store, { endpoint: c.s3Endpoint, accessKey: c.s3AccessKey, secretKey: c.s3SecretKey, region: c.s3Region });
    (async () => {${body}})().catch((error) => { console.error(error); process.exit(1); });`;
  const args = ['exec', items[0].metadata.name, '--', 'node', '-e', program];
  return (await cluster.kubectl(args, { namespace })).trim();
}
