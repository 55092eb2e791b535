/**
 * Copies the third-party packages that the apps need out of an installed node_modules, without files that no program of
 * this platform reads, and divides them into layers: what every app needs, what every app with the engine needs besides, and
 * the rest of each app. Images share the layers, so a node stores each once.
 *
 * node packages.mjs NEEDS OUT
 *   in the folder of package-lock.json and node_modules. NEEDS is written by imports.mjs. OUT gets
 *   layers/{service,engine}/, own/<app>/, and packages.json: { "<app>": { "<path in the lock file>": [paths that it needs] } }
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, readLockFile, resolvePackage } from './lock-file.mjs';
import { copyPackage, isUnused } from './pruning.mjs';
import { setTimes } from './set-times.mjs';

const [needsFile, out] = process.argv.slice(2);
const needs = JSON.parse(readFileSync(needsFile, 'utf8'));
const lock = readLockFile();

/** The packages that the package at a path needs. Those that are optional count if they are installed. */
function neededBy(path) {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = lock[path];
  const isOptional = (name) => name in (optionalDependencies ?? {}) || peerDependenciesMeta?.[name]?.optional;
  const names = Object.keys({ ...peerDependencies, ...dependencies, ...optionalDependencies });
  return names
    .filter((name) => !isUnused(nameOf(path), name))
    .map((name) => installed(path, name, isOptional(name)))
    .filter((found) => found !== null);
}

function installed(from, name, optional) {
  const path = resolvePackage(lock, from, name);
  if (path === null && !optional)
    throw new Error(`${from || 'the workspace'} needs ${name}, which is not installed`);
  return path;
}

/** The packages of an app with those that they need, as a map from each to the ones that it needs itself. */
function closureOf(names) {
  const closure = new Map();
  const waiting = names.map((name) => installed('', name, false));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (closure.has(path)) continue;
    closure.set(path, neededBy(path));
    waiting.push(...closure.get(path));
  }
  return closure;
}

const apps = Object.keys(needs);
const closures = new Map(apps.map((app) => [app, closureOf(needs[app].packages)]));
const withProject = (folder) => apps.filter((app) => needs[app].projects.includes(folder));
/** From the bottom; the apps of a layer are among those of the layer below. */
const layers = { service: apps, engine: withProject('libs/runtime') };

const placed = new Map(apps.map((app) => [app, new Set()]));

function place(paths, folder, of) {
  mkdirSync(join(folder, 'app'), { recursive: true });
  for (const path of paths) copyPackage(path, join(folder, 'app'));
  for (const app of of) for (const path of paths) placed.get(app).add(path);
}

for (const [layer, of] of Object.entries(layers)) {
  const [first, ...others] = of.map((app) => closures.get(app));
  const common = [...first.keys()].filter(
    (path) => others.every((closure) => closure.has(path)) && !placed.get(of[0]).has(path),
  );
  place(common, join(out, 'layers', layer), of);
}
for (const app of apps) {
  const rest = [...closures.get(app).keys()].filter((path) => !placed.get(app).has(path));
  place(rest, join(out, 'own', app), [app]);
}
const lists = apps.map((app) => [app, Object.fromEntries([...closures.get(app)].sort())]);
writeFileSync(join(out, 'packages.json'), `${JSON.stringify(Object.fromEntries(lists), null, 1)}\n`);
setTimes(out);
