#!/usr/bin/env node
/**
 * Builds the programs of the test cluster into the cache; what is there is not built again.
 *   node tools/cluster/build.mjs                all of them
 *   node tools/cluster/build.mjs clients kube kwok   the control plane with simulated nodes
 */
import { parseArgs } from 'node:util';
import { ensureComponents } from './components.cjs';

try {
  const { positionals } = parseArgs({ allowPositionals: true });
  const wanted = positionals.length > 0 ? positionals : undefined;
  await ensureComponents(wanted, (line) => console.error(`cluster: ${line}`));
} catch (error) {
  console.error(`cluster: ${error.message}`);
  process.exitCode = 1;
}
