/**
 * Linux namespaces for a test cluster. Network: only a loopback device and no route, so that no packet leaves the machine.
 * Processes: when the first one ends, the kernel kills all others. Mounts: they vanish with the last process.
 */
const { execFileSync, spawn, spawnSync } = require('node:child_process');
const { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { basename, join } = require('node:path');
const { isAlive } = require('../lock.cjs');
const { removeCgroup } = require('./cgroups.cjs');

/** Names the folder for temporary files of an isolated process; it is removed when the namespaces end. */
const VARIABLE = 'OPEN_CHATGPT_ISOLATED';

/** Of the folders for temporary files; OWNER is a file of each with the process id of the run and its namespace. */
const PREFIX = 'open-chatgpt-isolated-';
const OWNER = 'owner';

/** After Ctrl-C; a second Ctrl-C, SIGTERM and SIGHUP end the command at once. */
const GRACE_SECONDS = 10;

/** The shell is the first process, so that it collects orphans; its child gets the signals of the terminal. */
const INIT = 'ip link set lo up && "$@"; exit $?';

function unshareArguments() {
  // Without root, a user namespace gives the rights over the other ones.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...user, '--net', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', 'sh', '-c', INIT, 'sh'];
}

/** The reason why no namespaces can be made on this machine, or null. */
function missingIsolation() {
  if (process.platform !== 'linux')
    return `a test cluster runs in Linux namespaces; this is ${process.platform}`;
  const { error, status, stderr } = spawnSync('unshare', [...unshareArguments(), 'true'], {
    encoding: 'utf8',
  });
  if (error) return `unshare (util-linux) cannot be started: ${error.message}`;
  return status === 0
    ? null
    : `a network namespace of its own cannot be made: ${stderr.trim()} (it needs root or user namespaces, and iproute2)`;
}

/** Whether this process was started by `isolate`. */
function isIsolated() {
  return Boolean(process.env[VARIABLE]);
}

/** A new folder for temporary files, which is removed with the namespaces. */
function temporaryFolder(prefix) {
  return mkdtempSync(join(sharedTemporaryFolder(), prefix));
}

/** The folder for temporary files of these namespaces, which is removed with them. */
function sharedTemporaryFolder() {
  if (!isIsolated())
    throw new Error('a test cluster runs in namespaces of its own: "node tools/cluster/run.mjs COMMAND"');
  return process.env[VARIABLE];
}

/** Name of the control group of real nodes; it is removed with the namespaces. */
function cgroupName() {
  return basename(sharedTemporaryFolder());
}

/**
 * Throws where packets could leave the machine: the network namespace of this process has a default route.
 */
function assertNoWayOut() {
  for (const family of ['-4', '-6']) {
    const routes = execFileSync('ip', [family, 'route', 'show', 'default'], { encoding: 'utf8' }).trim();
    if (routes !== '')
      throw new Error(
        `a test cluster starts only in a network namespace without a default route; this one has "${routes}". ` +
          'Run the command with "node tools/cluster/run.mjs COMMAND"',
      );
  }
}

/**
 * Runs a command in namespaces of its own to its end, with this process's standard streams.
 * @param options.entrance `folder`: where a script `enter` is written, which runs further commands in these namespaces,
 *   with the programs of the folder's `bin` and the variables `env`
 * @returns its exit code; 130 after SIGINT, 143 after SIGTERM
 */
async function isolate(command, args, options = {}) {
  await removeAbandoned();
  const temporary = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(temporary, OWNER), `${process.pid} ${processNamespace()}`);
  // The namespaces end with this process, also when it is killed.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...unshareArguments(), command, ...args],
    { stdio: 'inherit', env: { ...process.env, [VARIABLE]: temporary } },
  );
  let ended = null;
  let grace;
  const stop = (signal) => {
    const again = ended !== null;
    ended = signal === 'SIGINT' ? 130 : 143;
    // The terminal sends Ctrl-C to the command itself, which then ends in its own time.
    const seconds = signal === 'SIGINT' && !again ? GRACE_SECONDS : 0;
    clearTimeout(grace);
    grace = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  try {
    const code = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 137));
    });
    if (options.entrance) await writeEntrance(child, temporary, options.entrance);
    const result = await code;
    return ended ?? result;
  } finally {
    clearTimeout(grace);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, stop);
    await removeCgroup(basename(temporary));
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Removes what runs have left whose own process was killed before it could do so. */
async function removeAbandoned() {
  for (const name of readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    const owner = ownerOf(folder);
    if (!owner || isAlive(owner)) continue;
    await removeCgroup(name);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The process id of the owner; undefined where it says nothing here: another user's or process namespace's. */
function ownerOf(folder) {
  try {
    const [pid, namespace] = readFileSync(join(folder, OWNER), 'utf8').split(' ');
    return namespace === processNamespace() ? Number(pid) : undefined;
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(error.code)) return undefined;
    throw error;
  }
}

/** Process ids mean something only in their namespace. */
function processNamespace() {
  return readlinkSync('/proc/self/ns/pid');
}

/** Writes a script that runs its arguments in the namespaces of `unshare`'s child, in the caller's working directory. */
async function writeEntrance(unshare, temporary, { folder, env }) {
  const variables = Object.entries({ ...env, [VARIABLE]: temporary });
  const pid = await firstChild(unshare);
  const user = process.getuid?.() === 0 ? '' : '--user --preserve-credentials ';
  const path = join(folder, 'enter');
  const script = `#!/bin/sh
# Runs a command in the namespaces of the test cluster: ${path} COMMAND [ARGUMENT ...]
export PATH=${quote(join(folder, 'bin'))}:"$PATH"
${variables.map(([name, value]) => `export ${name}=${quote(value)}`).join('\n')}
exec nsenter --target ${pid} ${user}--net --pid --mount sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
`;
  writeFileSync(path, script, { mode: 0o755 });
}

/** As one word of a shell. */
function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function firstChild({ pid, exitCode }) {
  for (let i = 0; i < 500 && exitCode === null; i++) {
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      if (children !== '') return Number(children.split(' ')[0]);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('the namespaces did not start');
}

module.exports = {
  assertNoWayOut,
  cgroupName,
  isIsolated,
  isolate,
  missingIsolation,
  sharedTemporaryFolder,
  temporaryFolder,
};
