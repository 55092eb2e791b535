import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { httpGet } from '../http/http-get';
import { withProgress } from './with-progress';

const INDEX = 'https://pypi.org/simple/';
const SIMPLE_JSON = 'application/vnd.pypi.simple.v1+json'; // PEP 691
/** The URL is a constant, so it is safe to allow a network that serves the index from a private address. */
const TRUSTED = { allowPrivate: true };
const PIPS: [string, string[]][] = [
  ['python3', ['-m', 'pip']],
  ['pip', []],
  ['python', ['-m', 'pip']],
];

export interface Wheel {
  package: string;
  version: string;
  fileName: string;
}

/**
 * Downloads a wheel from the Python package index into `folder`. Uses pip, which knows the mirrors and proxies of this
 * machine, and plain https where pip is missing or fails.
 *
 * @returns the path of the wheel
 */
export async function downloadWheel(
  wheel: Wheel,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  const path = join(folder, wheel.fileName);
  const pipProblem = await downloadWithPip(wheel, folder);
  if ((await readdir(folder)).includes(wheel.fileName)) return path;
  try {
    await downloadOverHttps(wheel, path, onProgress);
  } catch (error) {
    throw new Error(
      `${wheel.package} ${wheel.version} could not be downloaded (pip: ${pipProblem}; https: ${(error as Error).message})`,
    );
  }
  return path;
}

/** Returns the reason of the failure, or null. */
async function downloadWithPip(wheel: Wheel, folder: string): Promise<string | null> {
  let problem = 'not installed';
  for (const [command, prefix] of PIPS) {
    const requirement = `${wheel.package}==${wheel.version}`;
    const args = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, requirement];
    try {
      await promisify(execFile)(command, [...prefix, ...args]);
      return null;
    } catch (error) {
      const { code, stderr, message } = error as Error & { code?: string; stderr?: string };
      if (code !== 'ENOENT') problem = stderr?.trim().split('\n').pop() || message;
    }
  }
  return problem;
}

const indexSchema = z.object({
  files: z.array(z.object({ filename: z.string(), url: z.string(), size: z.number().optional() })),
});

async function downloadOverHttps(
  wheel: Wheel,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const indexUrl = new URL(`${wheel.package}/`, INDEX);
  const index = httpGet(indexUrl, { ...TRUSTED, headers: { accept: SIMPLE_JSON } });
  const { files } = indexSchema.parse(await json(index));
  const file = files.find(({ filename }) => filename === wheel.fileName);
  if (!file) throw new Error(`the index lists no ${wheel.fileName}`);
  const bytes = httpGet(new URL(file.url, indexUrl), TRUSTED);
  await pipeline(
    withProgress(bytes, (done) => onProgress(done, file.size ?? 0)),
    createWriteStream(path),
  );
}
