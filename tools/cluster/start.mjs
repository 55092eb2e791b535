#!/usr/bin/env node
/**
 * Starts a Kubernetes control plane with simulated GPU nodes, in namespaces of its own, and says how to use it; Ctrl-C
 * stops it.
 *   node tools/cluster/start.mjs [--folder FOLDER] [--nodes 2] [--gpus 8] [--kueue] [--jobset] [--real-nodes 0]
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SHARED, startCluster } from './cluster.cjs';
import { ensureComponents, programPath } from './components.cjs';
import { isIsolated, isolate, missingIsolation } from './isolation.cjs';
import { installPackages } from './node-requirements.cjs';

const usage =
  'node tools/cluster/start.mjs [--folder FOLDER] [--nodes 2] [--gpus 8] [--kueue] [--jobset] [--real-nodes 0]';

function readOptions() {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      nodes: { type: 'string', default: '2' },
      gpus: { type: 'string', default: '8' },
      'real-nodes': { type: 'string', default: '0' },
      kueue: { type: 'boolean', default: false },
      jobset: { type: 'boolean', default: false },
    },
  });
  return {
    folder: values.folder,
    nodes: count('nodes', values.nodes),
    gpus: count('gpus', values.gpus),
    realNodes: count('real-nodes', values['real-nodes']),
    addons: ['kueue', 'jobset'].filter((name) => values[name]),
  };
}

function count(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name}: found "${text}", expected a number from 0`);
  return value;
}

/** Outside: builds what is missing and starts this program again in namespaces of its own. */
async function outside(options) {
  const missing = missingIsolation();
  if (missing) throw new Error(missing);
  await ensureComponents(
    ['clients', 'kube', 'kwok', ...options.addons, ...(options.realNodes > 0 ? ['pause', 'coredns'] : [])],
    report,
  );
  if (options.realNodes > 0) installPackages(report);
  const folder = emptyFolder(options.folder);
  mkdirSync(join(folder, 'bin'));
  for (const name of ['kubectl', 'helm']) symlinkSync(programPath(name), join(folder, 'bin', name));
  try {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--folder', folder];
    process.exitCode = await isolate(process.execPath, args, {
      entrance: { folder, env: { KUBECONFIG: join(folder, 'admin.kubeconfig'), [SHARED]: folder } },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The folder is removed at the end, so that it must not hold anything else. */
function emptyFolder(path) {
  if (!path) return mkdtempSync(join(tmpdir(), 'open-chatgpt-cluster-'));
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new Error(`--folder: ${folder} is not empty; it is removed at the end, so name a new one`);
  return folder;
}

/** Inside: starts the cluster and keeps it until a signal. */
async function inside({ folder, nodes, gpus, realNodes, addons }) {
  const start = Date.now();
  const cluster = await startCluster({ folder, addons, nodes: realNodes });
  if (nodes > 0) await cluster.addGpuNodes({ count: nodes, gpus });
  report(`serves after ${((Date.now() - start) / 1000).toFixed(1)} s; Ctrl-C stops it`);
  report(`a command on it: ${folder}/enter kubectl get nodes`);
  console.log(`KUBECONFIG=${cluster.kubeconfig}`);
  const timer = setInterval(() => {}, 1 << 30);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, async () => {
      clearInterval(timer);
      await cluster.stop();
    });
}

function report(line) {
  console.error(`cluster: ${line}`);
}

try {
  const options = readOptions();
  await (isIsolated() ? inside(options) : outside(options));
} catch (error) {
  report(`${error.message}\nusage: ${usage}`);
  process.exitCode = 1;
}
