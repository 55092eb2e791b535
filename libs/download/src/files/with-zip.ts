import { openPromise, type ZipFile } from 'yauzl';

/**
 * Opens a zip archive, calls `use` and closes it.
 * @throws Error when the file is not a zip archive
 */
export async function withZip<T>(archive: string, use: (zip: ZipFile) => Promise<T>): Promise<T> {
  const zip = await openPromise(archive, { autoClose: false }).catch((error: Error) => {
    throw new Error(`${archive}: is not a zip archive or is truncated (${error.message}); download it again`);
  });
  try {
    return await use(zip);
  } finally {
    zip.close();
  }
}
