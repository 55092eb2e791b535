/** Virtual environments of Python, for peers in benchmarks and for examples; `environment.d.cts` documents the functions. */
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, renameSync, rmSync } = require('node:fs');
const { homedir } = require('node:os');
const { basename, dirname, join } = require('node:path');

function folderOf(requirements) {
  const cache = process.env.OPEN_CHATGPT_CACHE ?? join(homedir(), '.cache', 'open-chatgpt');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const purpose = `${basename(dirname(requirements))}-${basename(requirements, '.txt')}`;
  return join(cache, 'python', `${purpose}-${hash}`);
}

function findEnvironment(requirements) {
  const python = join(folderOf(requirements), 'bin', 'python');
  return existsSync(python) ? python : null;
}

function makeEnvironment(requirements) {
  const made = findEnvironment(requirements);
  if (made) return made;
  const folder = folderOf(requirements);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  run('python3', ['-m', 'venv', unfinished]);
  // Python compiles the modules that it imports; most of a package is never imported.
  const flags = ['--quiet', '--no-compile', '--requirement', requirements];
  run(join(unfinished, 'bin', 'python'), ['-m', 'pip', 'install', ...flags]);
  // Only the scripts of an environment contain its path; they are called as `python -m`.
  renameSync(unfinished, folder);
  return join(folder, 'bin', 'python');
}

function run(command, args) {
  console.error(`python: ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error(
      `"${command} ${args.join(' ')}" failed${error ? ` (${error.message})` : ''}; it needs Python 3 with venv and a package index`,
    );
}

module.exports = { findEnvironment, makeEnvironment };
