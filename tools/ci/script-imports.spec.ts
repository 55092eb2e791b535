import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const scripts = execFileSync('git', ['ls-files', '*.mjs'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
const IMPORT = /^import \{([^}]+)\} from '(@open-chatgpt\/[\w/-]+)';$/gm;

/** Each script with the names that it imports of a library. Scripts are not compiled, so the compiler does not compare them. */
const imports = scripts.filter(Boolean).flatMap((script) =>
  [...readFileSync(join(ROOT, script), 'utf8').matchAll(IMPORT)].map(([, names, library]) => ({
    script,
    library,
    names: names
      .split(',')
      .map((name) => name.trim().split(' as ')[0])
      .filter(Boolean),
  })),
);

it.each(imports)('$script imports what $library exports', async ({ library, names }) => {
  const exported = await import(library);
  expect(names.filter((name) => !(name in exported))).toEqual([]);
});

it('finds the scripts of the benchmarks', () => {
  expect(imports.map(({ script }) => script)).toContain('bench/ours/compile-time.mjs');
});
