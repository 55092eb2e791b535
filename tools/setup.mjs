#!/usr/bin/env node
/**
 * Prepares a clone: checks the version of Node, installs the locked dependencies if they are missing or out of date, and
 * compiles. It does nothing when nothing has changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.installed-lock-sha256');

function run(command, args, explanation) {
  console.log(`setup: ${explanation} (${command} ${args.join(' ')})`);
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(
      `setup: "${command} ${args.join(' ')}" failed; the lines above say why. Nothing else was changed.`,
    );
    process.exit(result.status ?? 1);
  }
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: found Node ${process.versions.node}, expected 20.19 or newer; install it`);
  process.exit(1);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  run('npm', ['ci', '--no-audit', '--no-fund'], 'installing the locked dependencies');
  writeFileSync(stamp, lock);
}
run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'compiling what changed');
