import { open, readFile, rename } from 'node:fs/promises';

/** Writes JSON so that there is the old file or the whole new one, whenever the machine stops. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const handle = await open(`${path}.tmp`, 'w');
  await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
  await handle.sync();
  await handle.close();
  await rename(`${path}.tmp`, path);
}

/** The value in a JSON file, or null when there is no such file. Throws when it is no JSON. */
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
      `${path}: no JSON (${(error as Error).message}). Start the ingestion anew, without resume.`,
    );
  }
}
