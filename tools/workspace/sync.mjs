#!/usr/bin/env node
/**
 * The package.json of a project lists the projects that it may import. This derives from the lists what TypeScript and
 * Nx need besides: the project references, and the targets that every project has. `.dependency-cruiser.cjs` reads the
 * same lists.
 *
 * node tools/workspace/sync.mjs           writes the files
 * node tools/workspace/sync.mjs --check   fails when a file differs from what would be written
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projects } from './projects.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check');
const all = projects();
const stale = [];

function write(file, change) {
  const path = join(root, file);
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const after = change(before);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (check) stale.push(file);
  else writeFileSync(path, `${JSON.stringify(after, null, 2)}\n`);
}

const folderOf = (name) => all.find((project) => project.name === name).folder;
const asReferences = (folders) => folders.map((path) => ({ path }));

for (const { folder, dependencies, devDependencies } of all) {
  // Helpers of specs, which `devDependencies` serve, are compiled with the project.
  const below = [...dependencies, ...devDependencies].map((other) => relative(folder, folderOf(other)));
  write(`${folder}/tsconfig.json`, () => ({
    extends: '../../tsconfig.base.json',
    references: asReferences(below),
  }));
  write(`${folder}/package.json`, (manifest) => ({
    ...manifest,
    scripts: {
      ...manifest.scripts,
      build: 'tsc -b',
      test: `jest --config ../../jest.config.js ${folder}/`,
      lint: 'biome ci .',
    },
  }));
}
const folders = all.map(({ folder }) => `./${folder}`);
write('tsconfig.spec.json', (config) => ({ ...config, references: asReferences(folders) }));
write('tsconfig.json', (config) => ({
  ...config,
  references: asReferences([...folders, './tsconfig.spec.json']),
}));

if (stale.length > 0) {
  console.error(`These differ from the dependencies in package.json: ${stale.join(', ')}. Run npm run sync.`);
  process.exit(1);
}
