import { stat } from 'node:fs/promises';
import { sha256File } from './sha256-file';

/** Whether a file exists and has this size in bytes and this SHA-256. */
export async function hasContent(
  path: string,
  { bytes, sha256 }: { bytes: number; sha256: string },
): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info?.size === bytes && (await sha256File(path)) === sha256;
}
