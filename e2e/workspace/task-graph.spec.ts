import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { projects } from '@open-chatgpt/tools/workspace/projects.cjs';

const ROOT = resolve(__dirname, '../..');
const SCOPE = '@open-chatgpt/';

/** What `nx` prints, without its background process. */
function nx(folder: string, ...args: string[]): string {
  const program = join(ROOT, 'node_modules/nx/dist/bin/nx.js');
  const env = { ...process.env, NX_DAEMON: 'false', NO_COLOR: '1', FORCE_COLOR: '0' };
  return execFileSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: 'utf8' });
}

const withoutScope = (name: string) => name.replace(SCOPE, '');

interface Graph {
  graph: { dependencies: Record<string, { source: string; target: string }[]> };
}

describe('the task graph', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'task-graph-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has the edges of package.json, and no cycle', () => {
    const file = join(folder, 'graph.json');
    nx(ROOT, 'graph', `--file=${file}`);
    const { dependencies } = (JSON.parse(readFileSync(file, 'utf8')) as Graph).graph;
    const edges = Object.values(dependencies)
      .flat()
      .filter(({ target }) => target.startsWith(SCOPE))
      .map(({ source, target }) => `${withoutScope(source)} → ${withoutScope(target)}`);
    const declared = projects().flatMap((project) =>
      [...project.dependencies, ...project.devDependencies].map((other) => `${project.name} → ${other}`),
    );
    expect(declared.length).toBeGreaterThan(100);
    expect(edges.toSorted()).toEqual(declared.toSorted());

    const below = (name: string, path: string[] = []): string[] => {
      if (path.includes(name)) throw new Error(`a cycle of projects: ${[...path, name].join(' → ')}`);
      const next = (dependencies[SCOPE + name] ?? []).map(({ target }) => withoutScope(target));
      return [name, ...next.flatMap((other) => below(other, [...path, name]))];
    };
    for (const { name } of projects()) expect(below(name)).toContain(name);
  });

  const affectedBy = (file: string) =>
    nx(ROOT, 'show', 'projects', '--affected', `--files=${file}`, '--json=false')
      .split('\n')
      .filter((line) => line.startsWith(SCOPE))
      .map(withoutScope);

  it('knows what a change affects', () => {
    expect(affectedBy('libs/autodiff/src/index.ts')).toEqual(
      expect.arrayContaining(['autodiff', 'runtime', 'training', 'cli']),
    );
    expect(affectedBy('libs/runtime/src/index.ts')).toContain('autodiff');
    expect(affectedBy('apps/gateway/src/index.ts')).not.toContain('training');
    expect(affectedBy('CHANGELOG.md')).toEqual([]);
  });
});

/**
 * A separate workspace with this repository's nx.json and package.json files, in which a test target takes no time:
 * what is examined is which of them run again.
 */
describe('the cache of test results', () => {
  let folder: string;
  let runs = 0;

  const write = (path: string, text: string) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const touch = (path: string) => write(path, `changed ${++runs}\n`);

  /** The projects of three whose test target ran, rather than being answered from the cache. */
  function tested(): string[] {
    writeFileSync(join(folder, 'ran.log'), '');
    nx(
      folder,
      'run-many',
      '-t',
      'test',
      '-p',
      ...['autodiff', 'training', 'events'].map((name) => SCOPE + name),
    );
    return readFileSync(join(folder, 'ran.log'), 'utf8').split('\n').filter(Boolean).toSorted();
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'test-cache-'));
    for (const file of ['nx.json', 'package.json']) copyFileSync(join(ROOT, file), join(folder, file));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    write('.gitignore', '.nx\nran.log\n');
    for (const project of projects()) {
      const manifest = JSON.parse(readFileSync(join(ROOT, project.folder, 'package.json'), 'utf8'));
      manifest.scripts.test = `echo ${project.name} >> ../../ran.log`;
      write(`${project.folder}/package.json`, JSON.stringify(manifest));
      write(`${project.folder}/src/index.ts`, 'export {};\n');
    }
    expect(tested()).toEqual(['autodiff', 'events', 'training']);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('answers when nothing has changed', () => {
    expect(tested()).toEqual([]);
  });

  it.each([
    ['libs/autodiff/src/index.ts', ['autodiff', 'training']],
    ['libs/autodiff/src/new.spec.ts', ['autodiff']],
    ['libs/runtime/src/index.ts', ['autodiff', 'training']],
    ['libs/models/golden/opt/golden.safetensors', ['training']],
    ['tools/golden/numerics.json', ['training']],
    ['docs/events.md', ['events']],
    ['docs/results.md', []],
    ['jest.config.js', ['autodiff', 'events', 'training']],
  ])('after a change of %s tests %j again', (file, again) => {
    touch(file);
    expect(tested()).toEqual(again);
  });
});
