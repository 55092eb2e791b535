import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** The packages in the first column of the tables under these headings of docs/dependencies.md. */
function documented(...headings: string[]): string[] {
  const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  const sections = page
    .split(/^## /m)
    .filter((section) => headings.some((heading) => section.startsWith(heading)));
  expect(sections).toHaveLength(headings.length);
  const firstCells = sections.flatMap((section) =>
    [...section.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, cell]) => cell),
  );
  return firstCells.filter((cell) => !/^(Package$|-+$|\*\*)/.test(cell)).flatMap((cell) => cell.split(', '));
}

describe('docs/dependencies.md', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  it('gives the reason for every package that runs in the product, and for no other', () => {
    const packages = Object.keys(manifest.dependencies);
    expect(documented('At run time').toSorted()).toEqual(packages.toSorted());
  });

  it('gives the reason for every package that builds and tests, and for no other', () => {
    const packages = Object.keys(manifest.devDependencies);
    expect(documented('To build and test').toSorted()).toEqual(packages.toSorted());
  });
});
