import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { withProgress } from './with-progress';
import { withZip } from './with-zip';

/**
 * Extracts one file of a zip archive as a stream.
 *
 * @param onProgress receives the extracted bytes so far and the bytes of the whole file
 * @throws Error when the archive is damaged or has no such file
 */
export async function extractZipEntry(
  archive: string,
  name: string,
  target: string,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<void> {
  await withZip(archive, async (zip) => {
    try {
      const entry = await findEntry(zip, name);
      if (!entry) throw new Error('the archive has no such file');
      const content = await zip.openReadStreamPromise(entry);
      const reported = withProgress(content, (done) => onProgress(done, entry.uncompressedSize));
      await pipeline(reported, createWriteStream(target));
    } catch (error) {
      throw new Error(`${archive}: "${name}" cannot be extracted: ${(error as Error).message}`);
    }
  });
}

async function findEntry(zip: ZipFile, name: string): Promise<Entry | undefined> {
  for await (const entry of zip.eachEntry()) if (entry.fileName === name) return entry;
  return undefined;
}
