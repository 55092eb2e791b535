import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface EndedProcess {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The lines that it printed. */
  lines: string[];
}

interface StartOptions {
  env?: Record<string, string>;
  /** A command that starts the program, such as a shell that sets a limit. */
  wrapper?: readonly string[];
  /** Called for each printed line. */
  onLine?: (line: string, kill: () => void) => void;
}

/** Runs `store-process.cjs` until it ends or is killed. @param address the store as JSON [url, options] */
export function runStoreProcess(
  address: string,
  task: readonly (string | number)[],
  { env, wrapper = [], onLine }: StartOptions = {},
): Promise<EndedProcess> {
  const program = join(__dirname, '..', '..', 'src', 'testing', 'store-process.cjs');
  const [command, ...args] = [...wrapper, process.execPath, program, address, ...task.map(String)];
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const [last, ...whole] = (rest + chunk).split('\n').reverse();
    rest = last;
    for (const line of whole.reverse()) {
      lines.push(line);
      onLine?.(line, () => child.kill('SIGKILL'));
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, lines }));
  });
}
