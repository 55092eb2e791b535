const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const SCOPE = '@open-chatgpt/';

/**
 * The projects of the workspace with the other projects that they depend on.
 * @returns {{ name: string, folder: string, dependencies: string[], devDependencies: string[] }[]} names without their
 *   scope, in order of folders
 */
function projects() {
  return ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .sort()
      .filter((name) => existsSync(join(root, group, name, 'package.json')))
      .map((name) => {
        const manifest = JSON.parse(readFileSync(join(root, group, name, 'package.json'), 'utf8'));
        const among = (dependencies = {}) =>
          Object.keys(dependencies)
            .filter((dependency) => dependency.startsWith(SCOPE))
            .map((dependency) => dependency.slice(SCOPE.length));
        return {
          name,
          folder: `${group}/${name}`,
          dependencies: among(manifest.dependencies),
          devDependencies: among(manifest.devDependencies),
        };
      }),
  );
}

module.exports = { projects };
