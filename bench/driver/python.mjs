import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Python with torch: OPEN_CHATGPT_PYTHON, or a virtual environment in the cache. Only benchmarks need it. */
export function pythonWithTorch(root) {
  return process.env.OPEN_CHATGPT_PYTHON ?? environmentOf(root, 'bench-python', 'requirements.txt');
}

/** The Python with Hugging Face's `datasets`: OPEN_CHATGPT_INGEST_PYTHON, or another virtual environment. */
export function pythonWithDatasets(root) {
  return (
    process.env.OPEN_CHATGPT_INGEST_PYTHON ??
    environmentOf(root, 'bench-python-ingest', 'requirements-ingest.txt')
  );
}

/** A virtual environment in the cache folder, made at first use. */
function environmentOf(root, name, requirements) {
  const cache = process.env.OPEN_CHATGPT_CACHE ?? join(homedir(), '.cache', 'open-chatgpt');
  const environment = join(cache, name);
  const python = join(environment, 'bin', 'python');
  if (existsSync(join(environment, 'ready'))) return python;
  run('python3', ['-m', 'venv', environment]);
  run(python, ['-m', 'pip', 'install', '-r', join(root, 'bench', 'peers', requirements)]);
  run('touch', [join(environment, 'ready')]);
  return python;
}

function run(command, args) {
  console.error(`bench: ${command} ${args.join(' ')}`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) {
    throw new Error(
      'the Python environment of the peers could not be created; set OPEN_CHATGPT_PYTHON to one that has torch, or OPEN_CHATGPT_INGEST_PYTHON to one that has datasets',
    );
  }
}
