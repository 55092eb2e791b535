import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveBytes } from '../sources/save-bytes';

/** Keeps bytes that come from elsewhere in a temporary file while they are read: a Parquet file is read from its end. */
export async function* withTempFile<T>(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  read: (path: string) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const folder = await mkdtemp(join(tmpdir(), 'open-chatgpt-'));
  const path = join(folder, 'copy');
  try {
    await saveBytes(name, bytes, path);
    yield* read(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
