import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '..', '..');

/** A service that runs as a process. */
export interface ServiceProcess {
  url: string;
  /** The log so far. */
  log(): Record<string, unknown>[];
  /** Like a crash: SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM, and waits until it has ended. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts `apps/<app>` and resolves when it logs that it listens; rejects with its output when it ends instead. */
export function startServiceProcess(app: string, env: Record<string, string>): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [join(root, 'apps', app, 'dist', 'main.js')], {
    env: {
      ...process.env,
      OPEN_CHATGPT_PORT: '0',
      // Tests of tokens set OPEN_CHATGPT_TOKENS.
      OPEN_CHATGPT_ANONYMOUS: 'true',
      OPEN_CHATGPT_REQUESTS_PER_MINUTE: '100000',
      ...env,
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const lines = createInterface({ input: child.stderr });
  const read = new Promise((resolve) => lines.once('close', resolve));
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => read.then(() => resolve(code)));
  });
  const printed: string[] = [];
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      printed.push(line);
      if (line.includes('"level":"error"')) process.stderr.write(`${line}\n`);
      const url = startedAt(line);
      if (url)
        resolve({
          url,
          log: () => printed.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
          kill: () => end(child, 'SIGKILL', ended).then(() => undefined),
          stop: () => end(child, 'SIGTERM', ended),
        });
    });
    ended.then((code) => reject(new Error(`${app} ended with ${code}:\n${printed.join('\n')}`)));
  });
}

function startedAt(line: string): string | null {
  if (!line.startsWith('{')) return null;
  const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
  return msg === 'The service is started' && url ? url : null;
}

function end(
  child: ChildProcess,
  signal: NodeJS.Signals,
  ended: Promise<number | null>,
): Promise<number | null> {
  child.kill(signal);
  return ended;
}
