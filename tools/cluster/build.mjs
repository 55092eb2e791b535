#!/usr/bin/env node
/**
 * Builds the programs of the test cluster into the cache; what is there is not built again.
 *   node tools/cluster/build.mjs                     all of them, and the Debian packages of a real node
 *   node tools/cluster/build.mjs clients kube kwok   the control plane with simulated nodes
 *   node tools/cluster/build.mjs node                the Debian packages of a real node
 */
import { parseArgs } from 'node:util';
import { ensureComponents } from './components.cjs';
import { installPackages } from './node-requirements.cjs';

const report = (line) => console.error(`cluster: ${line}`);

try {
  const { positionals } = parseArgs({ allowPositionals: true });
  const all = positionals.length === 0;
  if (all || positionals.includes('node')) installPackages(report);
  await ensureComponents(all ? undefined : positionals.filter((name) => name !== 'node'), report);
} catch (error) {
  console.error(`cluster: ${error.message}`);
  process.exitCode = 1;
}
