#!/usr/bin/env node
/**
 * Starts a Kubernetes control plane with simulated GPU nodes, in namespaces of its own, and says how to use it; Ctrl-C
 * stops it.
 *   node tools/cluster/start.mjs [--folder FOLDER] [--nodes 2] [--gpus 8]
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SHARED, startCluster } from './cluster.cjs';
import { ensureComponents, programPath } from './components.cjs';
import { isIsolated, isolate, missingIsolation } from './isolation.cjs';

const usage = 'node tools/cluster/start.mjs [--folder FOLDER] [--nodes 2] [--gpus 8]';

function readOptions() {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      nodes: { type: 'string', default: '2' },
      gpus: { type: 'string', default: '8' },
    },
  });
  return { folder: values.folder, nodes: count('nodes', values.nodes), gpus: count('gpus', values.gpus) };
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
  await ensureComponents(['clients', 'kube', 'kwok'], report);
  const folder = options.folder
    ? resolve(options.folder)
    : mkdtempSync(join(tmpdir(), 'open-chatgpt-cluster-'));
  mkdirSync(join(folder, 'bin'), { recursive: true });
  for (const name of ['kubectl', 'helm']) symlinkSync(programPath(name), join(folder, 'bin', name));
  try {
    const sizes = ['--nodes', String(options.nodes), '--gpus', String(options.gpus)];
    const args = [fileURLToPath(import.meta.url), '--folder', folder, ...sizes];
    process.exitCode = await isolate(process.execPath, args, {
      entrance: { folder, env: { KUBECONFIG: join(folder, 'admin.kubeconfig'), [SHARED]: folder } },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Inside: starts the cluster and keeps it until a signal. */
async function inside({ folder, nodes, gpus }) {
  const start = Date.now();
  const cluster = await startCluster({ folder });
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
