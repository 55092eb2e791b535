import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { projects } from './projects.cjs';

const ROOT = resolve(__dirname, '../..');

/** Files outside the projects that the specs of a project, and what supports them, name by a relative path. */
function filesReadOutside(folder: string): string[] {
  const sources = readdirSync(join(ROOT, folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.spec\.ts$|\.fixture\.ts$|(^|\/)testing\//.test(file) && /\.(ts|cjs)$/.test(file))
    .map((file) => join(ROOT, folder, 'src', file));
  return sources.flatMap((source) =>
    [...readFileSync(source, 'utf8').matchAll(/'((?:\.\.\/)+[^'\n]*)'/g)]
      .map(([, path]) => resolve(dirname(source), path))
      .filter((path) => existsSync(path))
      .map((path) => relative(ROOT, path))
      .filter((path) => !/^(\.\.|libs|apps)(\/|$)/.test(path)),
  );
}

/** The prefixes of paths that the inputs of the project's test target name: `docs/` for `{workspaceRoot}/docs/**`. */
function inputsOfTests(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
  const inputs: string[] = manifest.nx?.targets?.test?.inputs ?? [];
  return inputs
    .filter((input) => input.startsWith('{workspaceRoot}/'))
    .map((input) => input.slice('{workspaceRoot}/'.length).replace(/\*.*$/, ''));
}

describe('the inputs of the test targets', () => {
  const compiled = projects().filter(({ folder }) => /^(libs|apps)\//.test(folder));
  const read = compiled.flatMap(({ folder }) => filesReadOutside(folder).map((path) => ({ folder, path })));

  it('are examined at all', () => {
    expect(read).toContainEqual({ folder: 'libs/training', path: 'tools/golden/numerics.json' });
  });

  // Otherwise a cached result stays green after a change of such a file.
  it.each(read)('$folder: $path', ({ folder, path }) => {
    const named = inputsOfTests(folder).some(
      (input) => path.startsWith(input) || input.startsWith(`${path}/`),
    );
    expect(
      named ? 'named' : `name {workspaceRoot}/${path} in nx.targets.test.inputs of ${folder}/package.json`,
    ).toBe('named');
  });
});
