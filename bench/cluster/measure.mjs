/** Runs inside the namespaces of a test cluster: node bench/cluster/measure.mjs RESULT.json */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectFromEnvironment, Informer, KubeClient, resourceType } from '../../libs/kube/dist/index.js';
import { startCluster } from '../../tools/cluster/cluster.cjs';
import { median, round } from '../driver/statistics.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NAMESPACE = 'default';
const SIZES = [1, 100, 1000];
const PODS_PER_NODE = 100;
/** Pipelines that are applied one after the other at each size. */
const PROBES = 20;

const pipelines = resourceType('open-chatgpt.io/v1alpha1', 'RlhfPipeline', 'rlhfpipelines');
const jobs = resourceType('batch/v1', 'Job', 'jobs');
const pods = resourceType('v1', 'Pod', 'pods');

const cluster = await startCluster();
const folder = mkdtempSync(join(tmpdir(), 'bench-cluster-'));
try {
  await cluster.kubectl(['apply', '--server-side', '--filename', join(root, 'k8s/base/crds')]);
  await cluster.addGpuNodes({ prefix: 'bench', count: Math.ceil(1200 / PODS_PER_NODE), gpus: 0, cpus: 256 });
  process.env.KUBECONFIG = cluster.kubeconfig;
  const client = new KubeClient({ connection: await connectFromEnvironment(), qps: 2000, burst: 2000 });
  const seen = { jobs: watched(client, jobs), pods: watched(client, pods) };
  const operator = await startOperator();
  const sizes = [];
  let made = 0;
  const add = async (count) => {
    const applied = new Map();
    for (; count > 0; count--) {
      const name = `bench-${made++}`;
      applied.set(name, performance.now());
      await client.create(pipelines, pipeline(name));
    }
    await until(() => [...applied.keys()].every((name) => seen.pods.running.has(`${name}-sft`)), 900);
    return [seen.jobs.first, seen.pods.running].map((times) =>
      [...applied].map(([name, at]) => (times.get(`${name}-sft`) - at) / 1000),
    );
  };
  for (const size of SIZES) {
    const before = await operatorFigures(operator);
    const start = performance.now();
    const added = size - made + PROBES;
    await add(size - made);
    const fillSeconds = (performance.now() - start) / 1000;
    // One by one, as people do, while the others are under way.
    const [toJob, toPod] = [[], []];
    for (let i = 0; i < PROBES; i++) {
      const [[job], [pod]] = await add(1);
      toJob.push(job);
      toPod.push(pod);
    }
    const after = await operatorFigures(operator);
    sizes.push({
      underWay: size,
      jobSecondsMedian: round(median(toJob)),
      jobSecondsMax: round(Math.max(...toJob)),
      podSecondsMedian: round(median(toPod)),
      fillSeconds: round(fillSeconds),
      operatorRssMb: Math.round(after.rssMb),
      callsPerRun: round((after.calls - before.calls) / added),
      cpuSecondsPerRun: round((after.cpuSeconds - before.cpuSeconds) / added),
    });
    console.error(JSON.stringify(sizes.at(-1)));
  }
  // Nothing happens: what the operator costs while all runs are under way.
  const [start, at] = [await operatorFigures(operator), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 30_000));
  const end = await operatorFigures(operator);
  const idle = {
    seconds: round((performance.now() - at) / 1000),
    calls: end.calls - start.calls,
    cpuSeconds: round(end.cpuSeconds - start.cpuSeconds),
  };
  writeFileSync(process.argv[2], JSON.stringify({ case: 'cluster', sizes, idle }));
  operator.process.kill('SIGKILL');
} finally {
  await cluster.stop();
}
process.exit();

function pipeline(name) {
  return {
    apiVersion: 'open-chatgpt.io/v1alpha1',
    kind: 'RlhfPipeline',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      model: { scratch: { hiddenSize: 32, numAttentionHeads: 2 } },
      stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks' } } }],
      trainer: { annotations: { 'sim/seconds': 'never' } },
    },
  };
}

/** When each object was first seen, and when its pod ran, by the name of the run. */
function watched(client, type) {
  const [first, running] = [new Map(), new Map()];
  const informer = new Informer({
    client,
    type,
    namespace: NAMESPACE,
    project: ({ metadata, status }) => ({
      metadata: { name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
      status: { phase: status?.phase },
    }),
  });
  informer.onChange(({ object }) => {
    const name = object.metadata.labels?.['open-chatgpt.io/run'];
    if (!name) return;
    if (!first.has(name)) first.set(name, performance.now());
    if (object.status?.phase === 'Running' && !running.has(name)) running.set(name, performance.now());
  });
  informer.start();
  return { first, running };
}

async function startOperator() {
  const config = join(folder, 'operator.json');
  writeFileSync(config, JSON.stringify({ images: { 'sft-trainer': 'example.test/sft-trainer:1' } }));
  const child = spawn(process.execPath, [join(root, 'apps/operator/dist/main.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      OPEN_CHATGPT_OPERATOR_CONFIG: config,
      OPEN_CHATGPT_LEASE_NAMESPACE: NAMESPACE,
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_BUS: 'embedded',
    },
  });
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  await until(() => log.includes('The operator leads'), 60).catch((error) => {
    throw new Error(`${error.message}: ${log}`);
  });
  const { url } = log.split('\n').flatMap((line) => (line.includes('"url"') ? JSON.parse(line) : []))[0];
  return { process: child, url };
}

/** Resident memory and CPU time of the operator, and the calls that it has made. */
async function operatorFigures({ process: child, url }) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const calls = text
    .split('\n')
    .filter((line) => line.startsWith('operator_api_calls_total{'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  const [user, system] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ')
    .slice(11, 13);
  return {
    calls,
    rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024,
    cpuSeconds: (Number(user) + Number(system)) / 100,
  };
}

async function until(probe, seconds) {
  for (
    const end = performance.now() + 1000 * seconds;
    !probe();
    await new Promise((resolve) => setTimeout(resolve, 50))
  )
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${probe}`);
}
