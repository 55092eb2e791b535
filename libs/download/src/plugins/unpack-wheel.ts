import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PluginManifest } from '@open-chatgpt/cache';
import { withProgress } from '../files/with-progress';
import { withZip } from '../files/with-zip';

type PluginFile = PluginManifest['files'][number];

/**
 * Unpacks what a plugin needs of a wheel into `folder`: shared libraries, the assembler and the linker of CUDA, its library of device
 * functions, and the licenses.
 *
 * @param onBytes receives the bytes that this call has written so far
 * @throws Error that names the archive and the file
 */
export async function unpackWheel(
  archive: string,
  folder: string,
  onBytes: (done: number) => void,
): Promise<PluginFile[]> {
  const files: PluginFile[] = [];
  let written = 0;
  await withZip(archive, async (zip) => {
    for await (const entry of zip.eachEntry()) {
      const { fileName: path, uncompressedSize: size } = entry;
      if (!isNeeded(path)) continue;
      const target = join(folder, path);
      const hash = createHash('sha256');
      try {
        await mkdir(dirname(target), { recursive: true });
        const content = await zip.openReadStreamPromise(entry);
        await pipeline(
          withProgress(content, (done) => onBytes(written + done)),
          async function* (bytes: AsyncIterable<Uint8Array>) {
            for await (const chunk of bytes) {
              hash.update(chunk);
              yield chunk;
            }
          },
          createWriteStream(target, { mode: isProgram(path) ? 0o755 : 0o644 }),
        );
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
        throw new Error(`${archive}: "${path}" cannot be unpacked: ${(error as Error).message}`);
      }
      written += size;
      files.push({ path, size, sha256: hash.digest('hex') });
    }
  });
  return files;
}

function isNeeded(path: string): boolean {
  return (
    /\/lib\/[^/]+\.so(\.\d+)*$/.test(path) ||
    path.endsWith('_plugin.so') ||
    path.endsWith('/libdevice.10.bc') ||
    path.includes('.dist-info/licenses/') ||
    isProgram(path)
  );
}

function isProgram(path: string): boolean {
  return path.endsWith('/bin/ptxas') || path.endsWith('/bin/nvlink');
}
