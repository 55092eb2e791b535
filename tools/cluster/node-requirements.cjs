/** What a machine needs for a real node, and for the images that run on it. */
const { execFileSync, spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { cgroupRoots } = require('./cgroups.cjs');

/** Debian's folder of network plugins. */
const CNI_PROGRAMS = '/usr/lib/cni';

/** Debian packages, by a program of each. */
const PACKAGES = {
  containerd: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  conntrack: 'conntrack',
  ip: 'iproute2',
  [`${CNI_PROGRAMS}/bridge`]: 'containernetworking-plugins',
  '/bin/busybox': 'busybox-static',
  buildah: 'buildah',
};

function missingPackages() {
  const has = (program) =>
    program.startsWith('/')
      ? existsSync(program)
      : spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
  return Object.entries(PACKAGES)
    .filter(([program]) => !has(program))
    .map(([, name]) => name);
}

/** Whether this process has all rights of root, not those of a user namespace only. */
function isRoot() {
  const map = existsSync('/proc/self/uid_map') ? readFileSync('/proc/self/uid_map', 'utf8').trim() : '';
  return process.getuid?.() === 0 && /^0\s+0\s+4294967295$/.test(map);
}

/** The reason why no real node can be started on this machine, or null. */
function missingNode() {
  if (!isRoot()) return 'a real node needs root';
  const packages = missingPackages();
  if (packages.length > 0)
    return `a real node needs ${packages.join(', ')}; install them with apt-get, or run "node tools/cluster/build.mjs node"`;
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')))
    return 'a real node needs overlayfs, which this kernel does not have (modprobe overlay)';
  if (cgroupRoots().length === 0) return 'a real node needs the memory controller of cgroups';
  const { status, stderr } = spawnSync('unshare', ['--net', 'iptables', '--table', 'nat', '--list'], {
    encoding: 'utf8',
  });
  return status === 0 ? null : `a real node needs iptables: ${stderr.trim()}`;
}

/** Installs the Debian packages that are missing, where this process may. */
function installPackages(report) {
  const packages = missingPackages();
  if (packages.length === 0) return;
  if (!isRoot() || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) {
    report(`not installed, because this needs root and apt-get: ${packages.join(', ')}`);
    return;
  }
  report(`installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  for (const args of [['update', '--quiet'], install])
    execFileSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

module.exports = { CNI_PROGRAMS, installPackages, missingNode };
