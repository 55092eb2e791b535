/** The control groups of real nodes: one group for each run, in every hierarchy of the machine. */
const { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = '/sys/fs/cgroup';

/** The root of the hierarchy of each cgroup controller; on a machine with cgroup v2 there is one for all. */
function cgroupRoots() {
  if (existsSync(join(ROOT, 'cgroup.controllers'))) return [ROOT];
  if (!existsSync(join(ROOT, 'memory'))) return [];
  return readdirSync(ROOT).map((name) => join(ROOT, name));
}

/** Makes the group `path` in every hierarchy. */
function makeCgroup(path) {
  for (const root of cgroupRoots()) makeBelow(root, path);
}

/** On cgroup v1 a new group of cpuset is unusable until it has CPUs and memory. */
function makeBelow(root, path) {
  let folder = root;
  for (const part of path.split('/').filter(Boolean)) {
    const parent = folder;
    folder = join(folder, part);
    mkdirSync(folder, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      if (existsSync(join(folder, file)) && root !== ROOT)
        writeFileSync(join(folder, file), readFileSync(join(parent, file)));
  }
}

/** Kills the processes of the group `name` in every hierarchy, and removes it with all groups below. */
async function removeCgroup(name) {
  for (const root of cgroupRoots()) await removeTree(join(root, name));
}

async function removeTree(path) {
  for (let attempt = 0; attempt < 100 && existsSync(path); attempt++) {
    for (const folder of groupsBelow(path)) {
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch (error) {
          if (error.code !== 'ESRCH') throw error;
        }
      }
      try {
        rmdirSync(folder);
      } catch (error) {
        // Its processes are about to end.
        if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes(error.code)) throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Deepest first. */
function groupsBelow(path) {
  if (!existsSync(path)) return [];
  const below = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => groupsBelow(join(path, entry.name)));
  return [...below, path];
}

module.exports = { cgroupRoots, makeCgroup, removeCgroup };
