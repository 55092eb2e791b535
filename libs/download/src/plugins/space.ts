import { readdir, statfs } from 'node:fs/promises';
import type { PluginKind } from '@open-chatgpt/cache';
import type { PinnedWheel } from './pinned-wheels';

/** @throws Error with the code ENOSPC when the wheels that are not there yet and the files need more than is free */
export async function checkSpace(
  cache: string,
  downloads: string,
  wheels: readonly PinnedWheel[],
): Promise<void> {
  const present = new Set(await readdir(downloads));
  let needed = 0;
  for (const { fileName, bytes, unpackedBytes } of wheels)
    needed += (present.has(fileName) ? 0 : bytes) + unpackedBytes;
  const { bavail, bsize } = await statfs(cache);
  const free = bavail * bsize;
  if (needed > free)
    throw Object.assign(new Error(`${megabytes(needed)} are needed, ${megabytes(free)} are free`), {
      code: 'ENOSPC',
    });
}

const NOT_WRITABLE = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS']);

/** The error of an installation with its remedy. */
export function explained(error: NodeJS.ErrnoException, kind: PluginKind, cache: string): Error {
  const remedy = NOT_WRITABLE.has(error.code ?? '')
    ? `${error.code === 'ENOSPC' ? 'no space left in' : 'cannot write to'} ${cache} (${error.message}). ` +
      'Make room, or set OPEN_CHATGPT_PLUGIN_CACHE (or OPEN_CHATGPT_CACHE, for all caches) to a folder that can be written and has room.'
    : error.message;
  return new Error(`the XLA plugin ${kind} was not installed: ${remedy}`, { cause: error });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
