#!/usr/bin/env node
/**
 * Checks that the subjects of new commits follow Conventional Commits (https://www.conventionalcommits.org), from which
 * the changelog is made.
 *
 * node tools/ci/check-commits.mjs [BASE]    checks the commits after BASE, by default all since the rule was introduced
 */
import { spawnSync } from 'node:child_process';

/** The first commit after this one is the first that the rule holds for. */
const INTRODUCED_AFTER = '28e441df66c6c12f208c7e1417a1adba088b7c80';
const TYPES = ['build', 'chore', 'ci', 'docs', 'feat', 'fix', 'perf', 'refactor', 'revert', 'style', 'test'];
const LONGEST = 72;

/** @returns {string | null} what is wrong with the subject of a commit, or null */
function problemOf(subject) {
  const [, type, description] = /^([a-z]+)(?:\([a-z0-9-]+\))?!?: (\S.*)$/.exec(subject) ?? [];
  if (!type) return 'it has not the form "type(scope): description"';
  if (!TYPES.includes(type)) return `"${type}" is not one of the types ${TYPES.join(', ')}`;
  if (subject.length > LONGEST) return `it has ${subject.length} characters, ${LONGEST} are allowed`;
  if (description.endsWith('.')) return 'it ends with a period';
  return null;
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout : null;
}

const base = process.argv[2] ?? INTRODUCED_AFTER;
const log = git('log', '--no-merges', '--format=%h %s', `${base}..HEAD`);
if (log === null) {
  console.warn(`commits: not checked, for ${base} is not in this clone (git fetch --unshallow brings it)`);
  process.exit(0);
}
const problems = log
  .split('\n')
  .filter(Boolean)
  .map((line) => [line, problemOf(line.slice(line.indexOf(' ') + 1))])
  .filter(([, problem]) => problem !== null);
for (const [line, problem] of problems) console.error(`commit ${line}\n  ${problem}`);
if (problems.length > 0) {
  console.error('Reword them: git rebase -i, then "reword". CONTRIBUTING.md describes the form.');
  process.exit(1);
}
