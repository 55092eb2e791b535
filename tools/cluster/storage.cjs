/** Volumes for claims: folders of this machine, which every real node has, as from a network file system. */
const { execFileSync } = require('node:child_process');
const { chmod, mkdirSync, readFileSync, watch } = require('node:fs');
const { join } = require('node:path');

/** The controller manager makes the folders here; the path is fixed in its code. */
const FIXED = '/tmp/hostpath_pv';

/**
 * Puts a folder of the run in the place of the fixed path, once for all clusters of these namespaces. While this process
 * runs, any user of a pod may write to a new volume, which the controller manager makes for root alone.
 */
function prepareStorage(temporary) {
  const folder = join(temporary, 'volumes');
  mkdirSync(folder, { recursive: true });
  mkdirSync(FIXED, { recursive: true });
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  if (!mounts.some((line) => line.split(' ')[1] === FIXED)) execFileSync('mount', ['--bind', folder, FIXED]);
  watch(FIXED, { persistent: false }, (_event, name) => {
    if (name) chmod(join(FIXED, name), 0o777, ignoreRemoved);
  });
}

function ignoreRemoved(error) {
  if (error && error.code !== 'ENOENT') throw error;
}

/** The default class of claims. */
const STORAGE_CLASS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'folder', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kubernetes.io/host-path',
};

module.exports = { prepareStorage, STORAGE_CLASS };
