import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { withProgress } from '../files/with-progress';
import { ConnectionError } from '../http/http-errors';
import { httpGet } from '../http/http-get';
import type { Wheel } from './download-wheel';

const INDEX = 'https://pypi.org/simple/';
const SIMPLE_JSON = 'application/vnd.pypi.simple.v1+json'; // PEP 691
/** The URL is a constant or the user's, so it is safe to allow a network that serves the index from a private address. */
const TRUSTED = { allowPrivate: true };
/** Where the index cannot be reached, pip may know a proxy. */
const INDEX_TIMEOUT_MS = 10_000;

const indexSchema = z.object({
  files: z.array(z.object({ filename: z.string(), url: z.string(), size: z.number().optional() })),
});

/**
 * Downloads a wheel to `path` from the index PIP_INDEX_URL, by default that of PyPI. The bytes lie in `<path>.part` until all have
 * come, and a later call continues there. A connection that breaks off is taken up as long as bytes arrive.
 * @throws Error
 */
export async function downloadOverHttps(
  wheel: Wheel,
  path: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { url, size } = await findWheel(wheel);
  const part = `${path}.part`;
  if (size !== undefined && (await sizeOf(part)) > size) await rm(part);
  for (;;) {
    const offset = await sizeOf(part);
    if (size !== undefined && offset === size) break;
    try {
      const bytes = httpGet(url, { ...TRUSTED, offset });
      await pipeline(
        withProgress(bytes, (done) => onProgress(offset + done, size ?? 0)),
        createWriteStream(part, { flags: 'a' }),
      );
      break;
    } catch (error) {
      const broken = error instanceof ConnectionError && (await sizeOf(part)) > offset;
      if (!broken) throw error;
    }
  }
  await rename(part, path);
}

async function findWheel({ package: name, fileName }: Wheel): Promise<{ url: URL; size?: number }> {
  const index = new URL(`${(process.env['PIP_INDEX_URL'] || INDEX).replace(/\/?$/, '/')}${name}/`);
  const options = { ...TRUSTED, headers: { accept: SIMPLE_JSON }, responseTimeoutMs: INDEX_TIMEOUT_MS };
  const { files } = indexSchema.parse(await json(httpGet(index, options)));
  const file = files.find(({ filename }) => filename === fileName);
  if (!file) throw new Error(`the index lists no ${fileName}`);
  return { url: new URL(file.url, index), size: file.size };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
