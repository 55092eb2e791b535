import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** What a build reads: what .dockerignore lets through, the Dockerfile, and this tool. */
const PATHS = [
  'Dockerfile',
  '.dockerignore',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.base.json',
  'LICENSE',
  'examples',
  'libs',
  'apps',
  'tools/images',
  'tools/workspace/projects.cjs',
];
const NOT_READ = /\.(spec\.ts|md)$|\/(golden|src\/testing)\//;

/**
 * Identifies the files that images are built from.
 * @returns the last commit that changed any of them, that commit or its name with the hash of edited files, and the hash of all
 */
export function inputs() {
  const files = git('ls-files', '--cached', '--others', '--exclude-standard', '--', ...PATHS)
    .split('\n')
    .filter((file) => file !== '' && !NOT_READ.test(file) && existsSync(join(root, file)))
    .sort();
  const hash = createHash('sha256');
  for (const file of new Set(files))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  const digest = hash.digest('hex');
  const read = PATHS.map((path) => `:(top)${path}`);
  const unread = ['*.spec.ts', '*.md', '*/golden/*', '*/src/testing/*'].map(
    (path) => `:(top,exclude)${path}`,
  );
  const revision = git('log', '-1', '--format=%H', '--', ...read, ...unread);
  const edited = git('status', '--porcelain', '--', ...read, ...unread) !== '';
  return { revision, tag: `${revision.slice(0, 12)}${edited ? `-${digest.slice(0, 8)}` : ''}`, digest };
}

function git(...args) {
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 }).trim();
}
