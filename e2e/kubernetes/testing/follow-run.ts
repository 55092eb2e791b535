import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

const script = join(__dirname, '../../../examples/consumers/follow_run.py');

/**
 * Follows a run with the example consumer in Python: a process outside of the cluster's pods, which reaches the broker through
 * its Service. @returns what it printed, when the run has ended
 */
export function followRun(
  cluster: Cluster,
  { python, namespace, runId }: { python: string; namespace: string; runId: string },
): Promise<{ code: number | null; lines: string[] }> {
  // The names of Services are those of the cluster's DNS, in a mount namespace of this process only.
  const resolver = join(cluster.folder, 'consumer-resolv.conf');
  writeFileSync(
    resolver,
    `nameserver ${new URL(cluster.server).hostname}\nsearch cluster.local\noptions ndots:5\n`,
  );
  const brokers = `oc-open-chatgpt-kafka.${namespace}.svc.cluster.local:9092`;
  const child = spawn(
    'unshare',
    [
      ...['--mount', 'sh', '-c', 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolver],
      ...[python, script, '--brokers', brokers, runId],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let printed = '';
  child.stdout.on('data', (data) => (printed += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, lines: printed.trim().split('\n') }));
  });
}
