import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const python = process.env['OPEN_CHATGPT_PYTHON'];

/**
 * Specs against transformers run where OPEN_CHATGPT_PYTHON names a Python that has them
 * (e2e/peers/README.md). They are no part of CI: torch alone takes gigabytes.
 */
export const describeWithPython: typeof describe.skip = python ? describe : describe.skip;

/** Runs a script of this folder with a JSON request on its standard input. @returns the JSON that it prints */
export function askPython<T>(script: string, request: object): T {
  const output = execFileSync(python!, [join(__dirname, script)], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' },
  });
  return JSON.parse(output) as T;
}
