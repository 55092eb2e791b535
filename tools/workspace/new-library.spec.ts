import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const ROOT_FILES = [
  'package.json',
  'biome.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.spec.json',
];
const PROJECT_FILES = [
  'tsconfig.depcruise.json',
  'tools/package.json',
  'e2e/package.json',
  'e2e/tsconfig.json',
];

/** In a separate workspace with one library, `existing`. */
describe('npm run new-library', () => {
  let folder: string;
  const newLibrary = (name: string) => node('tools/workspace/new-library.mjs', name, '--no-install');
  const node = (...args: string[]) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'new-library-'));
    for (const file of [...ROOT_FILES, ...PROJECT_FILES, 'Dockerfile', 'tools/images', 'tools/workspace'])
      cpSync(join(ROOT, file), join(folder, file), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const e2e = json('e2e/package.json');
    writeFileSync(join(folder, 'e2e/package.json'), JSON.stringify({ ...e2e, dependencies: {} }));
    for (const empty of ['libs', 'apps']) mkdirSync(join(folder, empty));
    // The formatter leaves out what git ignores.
    spawnSync('git', ['init', '--quiet'], { cwd: folder });
    expect(newLibrary('existing')).toMatchObject({ status: 0, stderr: '' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes a library that is in sync, formatted, and compiles', () => {
    expect(newLibrary('some-name')).toMatchObject({ status: 0, stderr: '' });
    expect(node('tools/workspace/sync.mjs', '--check')).toMatchObject({ status: 0, stderr: '' });
    expect(json('libs/some-name/package.json')).toMatchObject({
      name: '@open-chatgpt/some-name',
      scripts: { build: 'tsc -b', test: 'jest --config ../../jest.config.js libs/some-name/' },
    });
    expect(json('tsconfig.json').references).toContainEqual({ path: './libs/some-name' });
    const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
    expect(node(biome, 'ci', 'libs', 'tsconfig.json', 'tsconfig.spec.json')).toMatchObject({
      status: 0,
    });
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    expect(node(tsc, '-b', 'libs/some-name')).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(join(folder, 'libs/some-name/dist/index.d.ts'), 'utf8')).toContain('export {}');
  });

  it.each([
    ['existing', /libs\/existing exists; choose another name/],
    ['SomeName', /found the name "SomeName", expected lower-case words with hyphens/],
    ['../outside', /found the name "\.\.\/outside"/],
  ])('refuses the name "%s"', (name, message) => {
    const { status, stderr } = newLibrary(name);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });
});
