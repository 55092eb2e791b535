import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '..', '..');

/** What the process wrote for the status of its pod. */
export interface TerminationMessage {
  runId?: string;
  attempt?: number;
  step?: number;
  outcome: string;
  model?: { uri: string; sha256: string; size: number; version: string };
  error?: { code: string; message: string };
}

export interface EndedRun {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Undefined when the process wrote none. */
  message: TerminationMessage | undefined;
  log: string;
}

export interface OneRunProcess {
  /** The first line of the log with this text. */
  line(text: string): string;
  /** Resolves when a line of the log contains this text; rejects when the process has ended before. */
  logged(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<EndedRun>;
}

/**
 * Starts a trainer that executes one run and exits.
 * @param app its name, or the path of a program
 * @param folder for its request and its termination message
 * @param request the data of run.requested, or text for the file
 */
export function startOneRun(
  app: string,
  folder: string,
  request: object | string,
  env: Record<string, string>,
): OneRunProcess {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'request.json');
  const termination = join(folder, 'termination.json');
  rmSync(termination, { force: true });
  const time = new Date().toISOString();
  writeFileSync(file, typeof request === 'string' ? request : JSON.stringify({ time, data: request }));
  const main = isAbsolute(app) ? app : join(root, 'apps', app, 'dist', 'main.js');
  const child = spawn(process.execPath, [main, 'run', '--request', file], {
    env: { ...process.env, OPEN_CHATGPT_PORT: '0', OPEN_CHATGPT_TERMINATION_LOG: termination, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stderr });
  reader.on('line', (line) => lines.push(line));
  const read = new Promise((resolve) => reader.once('close', resolve));
  const ended = new Promise<EndedRun>((resolve) => {
    child.once('exit', (code, signal) =>
      read.then(() => resolve({ code, signal, message: readMessage(termination), log: lines.join('\n') })),
    );
  });
  const logged = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (lines.some((line) => line.includes(text))) resolve();
      };
      reader.on('line', check);
      check();
      ended.then(({ log }) => reject(new Error(`the process ended without "${text}":\n${log}`)));
    });
  const line = (text: string) => lines.find((one) => one.includes(text)) ?? '';
  return { line, logged, kill: (signal) => void child.kill(signal), ended };
}

function readMessage(file: string): TerminationMessage | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as TerminationMessage;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
