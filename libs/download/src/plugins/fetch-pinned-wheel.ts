import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasContent } from '../files/has-content';
import { sha256File } from '../files/sha256-file';
import { downloadWheel } from '../wheels/download-wheel';
import type { PinnedWheel } from './pinned-wheels';

/**
 * The path of a wheel in `folder`, downloaded unless it is there.
 * @param onBytes receives the bytes of the wheel that are there
 * @throws Error when it cannot be downloaded, or is not the wheel that is pinned, which removes it
 */
export async function fetchPinnedWheel(
  wheel: PinnedWheel,
  folder: string,
  onBytes: (done: number) => void,
): Promise<string> {
  const { fileName, bytes, sha256 } = wheel;
  const path = join(folder, fileName);
  if (await hasContent(path, wheel)) return path;
  try {
    await downloadWheel({ ...packageOf(wheel), fileName }, folder, onBytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw error;
    throw new Error(`${message}; check the connection, or copy ${fileName} to ${path} yourself`, {
      cause: error,
    });
  }
  if (await hasContent(path, wheel)) return path;
  const found = `${(await stat(path)).size} bytes and the SHA-256 ${await sha256File(path)}`;
  await rm(path);
  throw new Error(
    `${fileName} has ${found}, expected ${bytes} bytes and ${sha256}; the download is damaged or was altered; try again`,
  );
}

/** The name and the version of the package, which the name of the file begins with. */
export function packageOf({ fileName }: PinnedWheel): { package: string; version: string } {
  const [name, version] = fileName.split('-');
  return { package: name.replaceAll('_', '-'), version };
}
