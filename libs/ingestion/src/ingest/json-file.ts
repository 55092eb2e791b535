import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';

/** Writes JSON atomically and durably: after a crash there is the old file or the new one. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The value in a JSON file, or null when the file does not exist. Throws when it is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${path}: no JSON (${(error as Error).message}). Start the ingestion again without resume.`,
    );
  }
}
