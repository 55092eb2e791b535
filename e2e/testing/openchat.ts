import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projects } from '@open-chatgpt/tools/workspace/projects.cjs';

const root = join(__dirname, '..', '..');
const binary = join(root, 'apps', 'cli', 'bin', 'openchat.js');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  /** Text for stdin, which is closed after it. */
  input?: string;
  env?: Record<string, string>;
}

/** Compiles if a source is newer than its output, so that the binary is the code under test. */
export function compile(): void {
  const compiled = projects().filter(({ folder }) => /^(libs|apps)\//.test(folder));
  if (!compiled.some(({ folder }) => isStale(join(root, folder)))) return;
  execFileSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b', 'apps/cli'], {
    cwd: root,
  });
}

function isStale(project: string): boolean {
  const info = join(project, 'dist', 'tsconfig.tsbuildinfo');
  if (!existsSync(info)) return true;
  const built = statSync(info).mtimeMs;
  const sources = readdirSync(join(project, 'src'), { recursive: true, withFileTypes: true });
  const compiled = ({ name }: { name: string }) => name.endsWith('.ts') && !name.endsWith('.spec.ts');
  return sources.some(
    (entry) => compiled(entry) && statSync(join(entry.parentPath, entry.name)).mtimeMs > built,
  );
}

/** Starts the binary; `wait` resolves when it has ended. */
export function start(args: readonly string[], { cwd, input = '', env = {} }: RunOptions) {
  const child: ChildProcess = spawn(process.execPath, [binary, ...args], {
    cwd,
    env: { ...process.env, OPEN_CHATGPT_THREADS: '1', ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (data) => {
    output.stdout += data;
  });
  child.stderr!.on('data', (data) => {
    output.stderr += data;
  });
  child.stdin!.end(input);
  const wait = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, ...output })));
  /** Sends a signal as soon as stdout contains this text. */
  const signalAt = (text: string, signal: NodeJS.Signals) => {
    const listen = () => {
      if (!output.stdout.includes(text)) return;
      child.stdout!.off('data', listen);
      child.kill(signal);
    };
    child.stdout!.on('data', listen);
  };
  return { child, wait, signalAt };
}

/** Runs the binary to its end. */
export function openchat(args: readonly string[], options: RunOptions): Promise<Finished> {
  return start(args, options).wait;
}

/** The lines of stdout, each of which must be one JSON object. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
