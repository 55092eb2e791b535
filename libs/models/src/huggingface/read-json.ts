import { readFile } from 'node:fs/promises';
import { jsonProblem } from '@open-chatgpt/tokenizer';
import { ModelFileError } from '../weights/model-file-error';

/** Reads a JSON file; null when the file does not exist. */
async function readJsonIfPresent(path: string): Promise<unknown> {
  const text = await readTextIfPresent(path);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(path, `is not JSON (${jsonProblem(error, text)}); download it again`);
  }
}

export async function readTextIfPresent(path: string): Promise<string | null> {
  return (await readBytesIfPresent(path))?.toString('utf8') ?? null;
}

/** null when the file does not exist. */
export async function readBytesIfPresent(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new ModelFileError(path, `cannot be read (${code})`);
  }
}

/** Reads a JSON file whose top level is an object; null when the file does not exist. */
export async function readObjectIfPresent(path: string): Promise<Record<string, unknown> | null> {
  const json = await readJsonIfPresent(path);
  if (json === null) return null;
  if (typeof json !== 'object' || Array.isArray(json))
    throw new ModelFileError(path, 'expected a JSON object at the top level');
  return json as Record<string, unknown>;
}
