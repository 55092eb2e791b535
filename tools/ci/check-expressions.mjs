#!/usr/bin/env node
/**
 * Checks that every regular expression of the product takes linear time: texts of others must not stop a service. recheck builds an
 * automaton of the expression, or searches for an attack where it has assertions or long repetitions.
 *
 * node tools/ci/check-expressions.mjs [FILE...]    checks these files, by default all that git tracks in apps and libs but specs
 *
 * An expression that is composed at run time cannot be checked. A comment "Linear time: why" above it says why it is harmless; it holds
 * until the next blank line.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const require = createRequire(import.meta.url);
// The build for browsers runs in this process; the other one starts Java or a native program.
const { checkSync } = require('recheck/lib/browser.js');
const { version } = require('recheck/package.json');

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const CACHE = join(ROOT, 'node_modules/.cache/linear-expressions.json');
const SOURCES = ['ts', 'mts', 'js', 'mjs', 'cjs'].flatMap((type) => [
  `apps/**/*.${type}`,
  `libs/**/*.${type}`,
]);
/** Limits by count and not by time, so that the result is the same on every machine. */
const LIMITS = {
  timeout: null,
  attackTimeout: null,
  incubationTimeout: null,
  maxIteration: 3,
  randomSeed: 1,
};

function trackedFiles() {
  const files = execFileSync('git', ['ls-files', ...SOURCES], { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return files
    .filter((file) => file !== '' && !/\.spec\.ts$|\/testing\//.test(file))
    .map((file) => join(ROOT, file));
}

/** The expressions in a file: literals, and calls of RegExp. */
function* expressionsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const nodes = [source];
  for (let node = nodes.pop(); node; node = nodes.pop()) {
    const at = `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      yield { at, pattern: node.text.slice(1, end), flags: node.text.slice(end + 1) };
    } else if (isRegExpCall(node)) yield { at, ...composed(node) };
    nodes.push(...node.getChildren());
  }
}

function isRegExpCall(node) {
  return (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp';
}

function composed(call) {
  const [pattern, flags] = call.arguments ?? [];
  if (pattern && ts.isStringLiteralLike(pattern))
    return { pattern: pattern.text, flags: flags && ts.isStringLiteralLike(flags) ? flags.text : '' };
  const before = call.getSourceFile().text.slice(0, call.getStart());
  return { isExplained: before.slice(before.lastIndexOf('\n\n') + 1).includes('Linear time: ') };
}

/** @returns {string | null} what is wrong with an expression, or null */
function problemOf({ pattern, flags, isExplained }) {
  if (pattern === undefined)
    return isExplained ? null : 'it is composed at run time, without a comment "Linear time: why"';
  const { status, complexity, attack, error } = checkSync(pattern, flags, LIMITS);
  if (status === 'safe') return null;
  if (status === 'vulnerable') return `it takes ${complexity.summary} time for ${attack.pattern}`;
  return `it cannot be checked (${error.kind})`;
}

function readCache() {
  try {
    const cache = JSON.parse(readFileSync(CACHE, 'utf8'));
    return cache.version === version ? cache.linear : [];
  } catch {
    return [];
  }
}

const given = process.argv.slice(2);
const linear = new Set(given.length > 0 ? [] : readCache());
let problems = 0;
for (const file of given.length > 0 ? given : trackedFiles()) {
  for (const expression of expressionsOf(file)) {
    const { at, pattern, flags } = expression;
    const text = `/${pattern}/${flags}`;
    if (pattern !== undefined && linear.has(text)) continue;
    const problem = problemOf(expression);
    if (problem === null) linear.add(text);
    else console.error(`${at}: ${pattern === undefined ? 'RegExp(…)' : text}\n  ${problem}`);
    problems += problem === null ? 0 : 1;
  }
}
if (given.length === 0) {
  mkdirSync(dirname(CACHE), { recursive: true });
  writeFileSync(CACHE, JSON.stringify({ version, linear: [...linear] }));
}
if (problems > 0) {
  console.error(
    'Write them without two neighbours that match the same text, or scan by hand: CONTRIBUTING.md says how.',
  );
  process.exit(1);
}
