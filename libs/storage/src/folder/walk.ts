import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RESERVED_PART } from '../key';
import { isMissing } from './file-errors';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The names in a folder, subfolders with a trailing `/`, sorted as the keys that start with them. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isDirectory())
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort(byBytes);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * The keys below `root` that start with `prefix`, sorted by their bytes. Skips folders that cannot contain such keys.
 * @param within the folder to read, as a key that ends with `/`, or empty
 */
export async function* walkKeys(root: string, prefix: string, within = ''): AsyncGenerator<string> {
  for (const name of await namesIn(join(root, within))) {
    const key = within + name;
    if (key === `${RESERVED_PART}/`) continue;
    if (!key.endsWith('/')) {
      if (key.startsWith(prefix)) yield key;
    } else if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walkKeys(root, prefix, key);
  }
}
