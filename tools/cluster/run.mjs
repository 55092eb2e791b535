#!/usr/bin/env node
/**
 * Runs a command in a network namespace of its own without any way out, as a test cluster needs it:
 *   node tools/cluster/run.mjs npx jest --selectProjects cluster
 * All processes that it leaves end with it.
 */
import { isolate, missingIsolation } from './isolation.cjs';

const [command, ...args] = process.argv.slice(2);
try {
  if (!command) throw new Error('usage: node tools/cluster/run.mjs COMMAND [ARGUMENT ...]');
  const missing = missingIsolation();
  if (missing) throw new Error(missing);
  process.exitCode = await isolate(command, args);
} catch (error) {
  console.error(`cluster: ${error.message}`);
  process.exitCode = 1;
}
