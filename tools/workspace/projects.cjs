const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const SCOPE = '@open-chatgpt/';

/**
 * The projects of the workspace and the other projects that each may import, by the package.json of each.
 *
 * The specs of autodiff and runtime import projects above them. As `devDependencies` these would be cycles in the task
 * graph, so they are inputs of the test target instead: `testInputs`.
 * @returns {{ name: string, folder: string, dependencies: string[], devDependencies: string[], testInputs: string[] }[]}
 *   names without their scope, in order of folders
 */
function projects() {
  return [...within('libs'), ...within('apps'), 'e2e', 'tools'].map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const inputs = manifest.nx?.targets?.test?.inputs ?? [];
    return {
      name: manifest.name.slice(SCOPE.length),
      folder,
      dependencies: workspacePackages(manifest.dependencies),
      devDependencies: workspacePackages(manifest.devDependencies),
      testInputs: inputs
        .map((input) => /^\{workspaceRoot\}\/(?:libs|apps)\/([^/]+)\/src\//.exec(input)?.[1])
        .filter((other) => other !== undefined),
    };
  });
}

/** Folders that only hold what a removed project left behind, such as `dist`, do not count. */
function within(group) {
  return readdirSync(join(root, group))
    .sort()
    .map((name) => `${group}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

function workspacePackages(dependencies = {}) {
  return Object.keys(dependencies)
    .filter((dependency) => dependency.startsWith(SCOPE))
    .map((dependency) => dependency.slice(SCOPE.length));
}

module.exports = { projects };
