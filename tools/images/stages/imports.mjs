/**
 * Says for each app which projects and which third-party packages its compiled code imports, directly or through projects.
 *
 * node imports.mjs FILE    in the compiled workspace; FILE gets { "<app>": { projects, packages } }
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { projects } from '../../workspace/projects.cjs';
import { setTimes } from './set-times.mjs';
import { shippedFiles } from './shipped-files.mjs';

const all = new Map(projects().map((project) => [project.name, project]));
const declared = JSON.parse(readFileSync('package.json', 'utf8')).dependencies;

const IMPORT = /\b(?:require|require\.resolve|import)\(\s*(['"])([^'"]+)\1\s*\)/g;

/** The third-party packages that a project imports by itself. */
function packagesOf({ folder }) {
  const found = new Set();
  for (const file of shippedFiles(folder).filter((file) => /\.[cm]?js$/.test(file))) {
    for (const [, , specifier] of readFileSync(join(folder, file), 'utf8').matchAll(IMPORT)) {
      if (/^[./]|^@open-chatgpt\//.test(specifier) || isBuiltin(specifier)) continue;
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      if (!(name in declared))
        throw new Error(
          `${folder}/${file} imports ${name}, which is not in the dependencies of package.json`,
        );
      found.add(name);
    }
  }
  return found;
}

function closureOf(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const dependency of all.get(name).dependencies) closureOf(dependency, seen);
  return seen;
}

const apps = readdirSync('apps').filter((app) => existsSync(join('apps', app, 'package.json')));
const needs = apps.sort().map((app) => {
  const closure = [...closureOf(app)].map((name) => all.get(name));
  const packages = new Set(closure.flatMap((project) => [...packagesOf(project)]));
  return [app, { projects: closure.map(({ folder }) => folder).sort(), packages: [...packages].sort() }];
});
writeFileSync(process.argv[2], `${JSON.stringify(Object.fromEntries(needs), null, 1)}\n`);
setTimes(process.argv[2]);
