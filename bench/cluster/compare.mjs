import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isolate, missingIsolation } from '../../tools/cluster/isolation.cjs';

/**
 * The limits that the performance test of Kueue's scheduler sets for its own controller, as the scale of comparison: 15,000
 * workloads within 351 s, thus 23 ms each, and 468 MB.
 * @see https://github.com/kubernetes-sigs/kueue/tree/main/test/performance/scheduler
 */
const KUEUE = { secondsPerWorkload: 0.023, memoryMb: 468 };

/**
 * The operator on a real control plane with simulated nodes: time from apply to Job and to a running pod, memory, and calls
 * to the API server for each run, with 1, 100 and 1,000 pipelines under way.
 */
export async function measureCluster({ root, here }) {
  const reason = missingIsolation();
  if (reason) throw new Error(`cluster: ${reason}`);
  const built = spawnSync(process.execPath, [join(root, 'tools/cluster/build.mjs')], { stdio: 'inherit' });
  if (built.status !== 0) throw new Error('cluster: its programs could not be built');
  const file = join(here, 'results', 'cluster.json');
  const code = await isolate(process.execPath, [join(here, 'cluster', 'measure.mjs'), file]);
  if (code !== 0) throw new Error(`cluster: the measurement ended with code ${code}`);
  const result = { ...JSON.parse(readFileSync(file, 'utf8')), peer: { name: 'Kueue', ...KUEUE } };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.table(result.sizes);
}
