#!/usr/bin/env node
/**
 * The package.json of a project lists the projects that it may import. This derives from the lists what TypeScript, Nx and
 * the Dockerfile need besides: the project references, the targets that every project has, and the image of each app.
 * `.dependency-cruiser.cjs` reads the same lists.
 *
 * node tools/workspace/sync.mjs           writes the files
 * node tools/workspace/sync.mjs --check   fails when a file differs from what would be written
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withTargets } from '../images/targets.mjs';
import { projects } from './projects.cjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check');
const all = projects();
const differing = [];

function write(file, change) {
  const path = join(root, file);
  const before = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const after = change(before);
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  differing.push(file);
  if (!check) writeFileSync(path, `${JSON.stringify(after, null, 2)}\n`);
}

const asReferences = (folders) => folders.map((path) => ({ path }));
/** `tools` is plain JavaScript. */
const compiled = ({ folder }) => existsSync(join(root, folder, 'tsconfig.json'));

for (const project of all) {
  const { folder, dependencies, devDependencies } = project;
  const below = [...dependencies, ...devDependencies].map((name) => all.find((other) => other.name === name));
  if (compiled(project)) {
    write(`${folder}/tsconfig.json`, (config) => ({
      ...config,
      references: asReferences(below.filter(compiled).map((other) => relative(folder, other.folder))),
    }));
  }
  write(`${folder}/package.json`, (manifest) => ({
    ...manifest,
    scripts: {
      ...manifest.scripts,
      ...(compiled(project) && { build: 'tsc -b' }),
      test: `jest --config ${relative(folder, '')}/jest.config.js ${folder}/`,
      lint: 'biome ci .',
    },
  }));
}
const references = all.filter(compiled).map(({ folder }) => `./${folder}`);
write('tsconfig.spec.json', (config) => ({
  ...config,
  references: asReferences(references.filter((path) => path !== './e2e')),
}));
write('tsconfig.json', (config) => ({
  ...config,
  references: asReferences([...references, './tsconfig.spec.json']),
}));

// Names without a pattern: dependency-cruiser's resolver does not understand a star within a name.
const entryPoints = all.flatMap(({ name, folder }) => [
  [`@open-chatgpt/${name}`, `${folder}/src/index.ts`],
  [`@open-chatgpt/${name}/testing`, `${folder}/src/testing/index.ts`],
]);
const paths = entryPoints
  .filter(([, file]) => existsSync(join(root, file)))
  .map(([name, file]) => [name, [file]]);
write('tsconfig.depcruise.json', (config) => ({
  ...config,
  compilerOptions: { ...config.compilerOptions, paths: Object.fromEntries(paths) },
}));

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const dockerfileChanged = withTargets(dockerfile) !== dockerfile;
if (dockerfileChanged && !check) {
  writeFileSync(join(root, 'Dockerfile'), withTargets(dockerfile));
  console.log('sync: wrote Dockerfile');
}

if ((differing.length > 0 || dockerfileChanged) && check) {
  if (dockerfileChanged) differing.push('Dockerfile');
  console.error(
    `These differ from the dependencies in package.json: ${differing.join(', ')}. Run npm run sync.`,
  );
  process.exit(1);
}
if (differing.length > 0) {
  console.log(`sync: wrote ${differing.join(', ')}`);
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  execFileSync(process.execPath, [biome, 'format', '--write', ...differing], { cwd: root, stdio: 'ignore' });
}
