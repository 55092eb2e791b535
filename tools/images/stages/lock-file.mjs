import { existsSync, readFileSync } from 'node:fs';

/** The packages of package-lock.json by their path, such as `node_modules/a/node_modules/b`. */
export function readLockFile() {
  return JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
}

export function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * Where Node finds a package that the package at `from` imports.
 * @param from its path in the lock file; '' is the workspace
 * @returns a path in the lock file, or null if it is not installed
 */
export function resolvePackage(lock, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in lock && existsSync(path)) return path;
    if (folder === '') return null;
  }
}
