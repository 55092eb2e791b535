/**
 * The S3 server of the tests: Versity's S3 gateway over a folder, built from its Go module. It was chosen because the
 * Go module proxy serves it, it builds in minutes, and its conditional writes are atomic.
 */
const { spawnSync } = require('node:child_process');
const { existsSync, renameSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');
const { acquireLock } = require('../lock.cjs');

const MODULE = 'github.com/versity/versitygw';
const VERSION = 'v1.8.0';
/** Checksum of the module's files. Its go.sum, one of them, pins its dependencies. */
const SUM = 'h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=';

const cache = process.env.OPEN_CHATGPT_CACHE || join(homedir(), '.cache', 'open-chatgpt');
const binary = join(cache, 'tools', `versitygw-${VERSION}`, 'versitygw');

function go(args, options = {}) {
  const result = spawnSync('go', args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (result.error) throw new Error(`go cannot be started (${result.error.code}); install Go 1.25 or newer`);
  if (result.status !== 0)
    throw new Error(`"go ${args.join(' ')}" failed: ${(result.stderr || result.stdout).trim()}`);
  return result.stdout;
}

function build() {
  const { Dir, Sum } = JSON.parse(go(['mod', 'download', '-json', `${MODULE}@${VERSION}`]));
  if (Sum !== SUM) throw new Error(`${MODULE}@${VERSION}: found the checksum ${Sum}, expected ${SUM}`);
  console.error(`s3: building ${MODULE}@${VERSION}; this happens once and takes one to four minutes`);
  const temporary = `${binary}.${process.pid}`;
  // Unoptimized code compiles in two thirds of the time and is fast enough for tests.
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-gcflags=all=-N -l', '-ldflags=-s -w'];
  go(['build', ...flags, '-o', temporary, './cmd/versitygw'], {
    cwd: Dir,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
  });
  renameSync(temporary, binary);
}

/** @returns the path of the server's binary, which is built if it is not in the cache; throws with the reason if it cannot be */
function ensureVersitygw() {
  if (existsSync(binary)) return binary;
  // The test runner has several workers, and two concurrent builds take twice as long.
  const release = acquireLock(`${binary}.lock`);
  try {
    if (!existsSync(binary)) build();
  } finally {
    release();
  }
  return binary;
}

module.exports = { ensureVersitygw };
