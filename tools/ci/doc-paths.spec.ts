import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** A file that a guide has its reader write. */
const TO_BE_WRITTEN = ['libs/autodiff/src/ops/softplus.ts'];

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((page) => page !== '' && page !== 'CHANGELOG.md' && existsSync(join(ROOT, page)));

/** Paths in links, and paths of this repository between backticks, without their patterns and placeholders. */
function pathsIn(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map(([, path]) => path);
  const named = [...text.matchAll(/`((?:libs|apps|e2e|tools|bench|docs|examples)\/[^`\s]*)`/g)].map(
    ([, path]) => path,
  );
  return [...links.filter((path) => !/^\w+:/.test(path)), ...named]
    .map((path) => path.replace(/[<{*…].*$/, ''))
    .filter((path) => !TO_BE_WRITTEN.includes(path));
}

describe('the documents', () => {
  it.each(pages)('%s names files that exist', (page) => {
    const exists = (path: string) =>
      [ROOT, join(ROOT, dirname(page))].some((base) => existsSync(join(base, path)));
    expect(pathsIn(page).filter((path) => !exists(path))).toEqual([]);
  });
});
