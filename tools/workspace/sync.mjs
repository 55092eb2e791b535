#!/usr/bin/env node
/**
 * The `dependencies` of each project's package.json say which projects it may import. This derives the TypeScript
 * project references from them; .dependency-cruiser.cjs and Nx read the same field.
 *
 * node tools/workspace/sync.mjs           writes the references
 * node tools/workspace/sync.mjs --check   fails when a file differs from what would be written
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projects } from './projects.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check');
const all = projects();
const stale = [];

function write(file, change) {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = `${JSON.stringify(change(JSON.parse(before)), null, 2)}\n`;
  if (JSON.stringify(JSON.parse(before)) === JSON.stringify(JSON.parse(after))) return;
  if (check) stale.push(file);
  else writeFileSync(path, after);
}

const find = (name) => all.find((project) => project.name === name);
const dependsOn = (name, other) =>
  find(name).dependencies.some((below) => below === other || dependsOn(below, other));

for (const { name, folder, dependencies, devDependencies } of all) {
  // The specs of autodiff run graphs by the runtime above it: that is no reference of its build.
  const below = [...dependencies, ...devDependencies.filter((other) => !dependsOn(other, name))];
  write(`${folder}/tsconfig.json`, (config) => ({
    ...config,
    references: below.map((other) => ({ path: relative(folder, find(other).folder) })),
  }));
}
const folders = all.map(({ folder }) => `./${folder}`);
write('tsconfig.spec.json', (config) => ({ ...config, references: folders.map((path) => ({ path })) }));
write('tsconfig.json', (config) => ({
  ...config,
  references: [...folders, './tsconfig.spec.json'].map((path) => ({ path })),
}));

if (stale.length > 0) {
  console.error(`These differ from the dependencies in package.json: ${stale.join(', ')}. Run npm run sync.`);
  process.exit(1);
}
