/**
 * A process that wants to lead. While it does, it writes its identity into a ConfigMap every 20 ms. It prints when it
 * leads, when a write is refused because it does not, and how the election ended.
 */
const { once } = require('node:events');
const { setTimeout: sleep } = require('node:timers/promises');
const { connectFromEnvironment, KubeClient, LeaderElection, resourceType } = require('@open-chatgpt/kube');

const [namespace, identity] = process.argv.slice(2);
const configMaps = resourceType('v1', 'ConfigMap', 'configmaps');

async function main() {
  const client = new KubeClient({ connection: await connectFromEnvironment(), qps: 500 });
  const election = new LeaderElection({ client, namespace, name: 'elector', identity });
  const writer = client.fenced(election);
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort());
  const end = await election.run(async (leadership) => {
    console.log('leads');
    const over = once(leadership, 'abort');
    for (let step = 0; !leadership.aborted; step++) {
      const patch = { data: { identity, step: `${step}` } };
      await writer.mergePatch(configMaps, { namespace, name: 'written' }, patch).catch((error) => {
        console.log(error.name);
      });
      await Promise.race([sleep(20), over]);
    }
  }, stop.signal);
  console.log(end);
  client.close();
}

main();
