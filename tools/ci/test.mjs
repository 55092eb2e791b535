#!/usr/bin/env node
/**
 * All specs: those of `unit`, `xla` and `e2e` in one Jest, those of `cluster` in another, which runs in separate namespaces. In CI the
 * attack of tools/attack runs between the two.
 * In CI (`CI` is set, or --ci) the programs of the cluster are built meanwhile, with low priority. Elsewhere the cluster
 * specs are skipped, with the reason, until these programs have been built.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingCluster } from '../cluster/cluster.cjs';
import { missingIsolation } from '../cluster/isolation.cjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inCi = Boolean(process.env.CI) || process.argv.includes('--ci');
const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-test-'));

/** Runs a program in the root of the repository to its end. @returns its exit code */
function run(command, args, env = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** @returns the counts of the run; one failure more than Jest knows when it ended without any */
async function jest(name, command, args, env = {}) {
  const file = join(folder, `${name}.json`);
  const code = await run(command, args, { ...env, OPEN_CHATGPT_TEST_COUNTS: file });
  const counts = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** The attack counts as one test. */
async function attack() {
  const failed = (await run(process.execPath, ['tools/attack/run.mjs'])) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: 0 };
}

async function clusterSpecs(build) {
  const reason = (await build) === 0 ? missingCluster() : 'the programs of the cluster could not be built';
  if (reason) {
    console.error(`cluster: the specs in e2e/kubernetes ${inCi ? 'cannot run' : 'are skipped'}: ${reason}`);
    return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1 };
  }
  // Not in the namespaces of the cluster: no package index can be reached from there.
  await run(process.execPath, ['tools/python/make.mjs', 'examples/consumers/requirements.txt']);
  const args = ['tools/cluster/run.mjs', process.execPath, JEST, '--selectProjects', 'cluster'];
  return jest('cluster', process.execPath, args, inCi ? { CI: 'true' } : {});
}

const JEST = 'node_modules/jest/bin/jest.js';
try {
  const builds = inCi && missingIsolation() === null;
  // The specs of images need these packages, before the programs of the cluster are there.
  if (builds) await run(process.execPath, ['tools/cluster/build.mjs', 'node']);
  const build = builds
    ? run('nice', ['-n', '10', process.execPath, 'tools/cluster/build.mjs'])
    : Promise.resolve(0);
  const counts = [await jest('all', process.execPath, [JEST, '--selectProjects', 'unit', 'xla', 'e2e'])];
  if (inCi) counts.push(await attack());
  counts.push(await clusterSpecs(build));
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
