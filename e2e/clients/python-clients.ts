import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEnvironment, makeEnvironment } from '@open-chatgpt/tools/python/environment.cjs';

const requirements = join(__dirname, 'requirements.txt');

/** Specs with Python's clients run in CI, where OPEN_CHATGPT_PEERS is set, and where the clients have been installed once. */
export const describeWithPythonClients: typeof describe.skip =
  process.env['CI'] === 'true' || process.env['OPEN_CHATGPT_PEERS'] || findEnvironment(requirements)
    ? describe
    : describe.skip;

/** Runs all checks of `clients.py`. @returns the error of each check, or null */
export async function runPythonClients(url: string, model: string): Promise<Record<string, string | null>> {
  const python = makeEnvironment(requirements);
  const { stdout } = await promisify(execFile)(python, [join(__dirname, 'clients.py'), url, model]);
  return JSON.parse(stdout) as Record<string, string | null>;
}
