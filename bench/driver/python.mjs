import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The Python that has torch: OPEN_CHATGPT_PYTHON, else a virtual environment in the cache folder, made at first use.
 * Only benchmarks need it.
 */
export function pythonWithTorch(root) {
  if (process.env.OPEN_CHATGPT_PYTHON) return process.env.OPEN_CHATGPT_PYTHON;
  const cache = process.env.OPEN_CHATGPT_CACHE ?? join(homedir(), '.cache', 'open-chatgpt');
  const environment = join(cache, 'bench-python');
  const python = join(environment, 'bin', 'python');
  if (existsSync(join(environment, 'ready'))) return python;
  run('python3', ['-m', 'venv', environment]);
  run(python, ['-m', 'pip', 'install', '-r', join(root, 'bench', 'peers', 'requirements.txt')]);
  run('touch', [join(environment, 'ready')]);
  return python;
}

function run(command, args) {
  console.error(`bench: ${command} ${args.join(' ')}`);
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) {
    throw new Error(
      'the Python environment of the peers could not be made; set OPEN_CHATGPT_PYTHON to one that has torch',
    );
  }
}
