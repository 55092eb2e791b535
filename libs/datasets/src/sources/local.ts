import { createReadStream } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { byName, isDataFile } from './data-files';
import type { Source, SourceFile } from './source';

const CHUNK_BYTES = 256 * 1024;
/** The types of /proc and /sys, whose files are made while they are read (Linux, magic.h). */
const SYSTEM_TYPES = new Set([0x9fa0, 0x62656572]);

/**
 * A file, or a folder with the data files in it and its subfolders, in the order of their paths. Symbolic links to files are followed,
 * links to folders are not.
 * @throws Error when `path` does not exist, is no regular file, or the folder has no data file
 */
export async function openLocal(path: string): Promise<Source> {
  const found = await stat(path).catch(() => null);
  if (!found) {
    throw new Error(`dataset ${path}: no such file. Check the path; it is relative to ${process.cwd()}.`);
  }
  if (!found.isDirectory() && (!found.isFile() || (await isOfSystem(path))))
    throw new Error(
      `dataset ${path}: this is no regular file. A pipe, a device or a file of the system may never end; copy what it holds to a file.`,
    );
  if (!found.isDirectory()) return { name: path, files: [localFile(path, found.size)], leftOut: [] };
  const paths = await filesBelow(path);
  const data = paths.filter((file) => isDataFile(relative(path, file).split(sep).join('/')));
  if (data.length === 0) {
    throw new Error(
      `dataset ${path}: no data file in this folder; expected names that end with .json, .jsonl, .parquet, .csv or .tsv, ` +
        'also with .gz or .zst after it.',
    );
  }
  const files = await Promise.all(data.map(async (file) => localFile(file, (await stat(file)).size)));
  return {
    name: path,
    files: files.sort(byName),
    leftOut: paths.filter((file) => !data.includes(file)).sort(),
  };
}

/** A file of this machine. */
export function localFile(path: string, size: number): SourceFile {
  return { name: path, path, size, open: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) };
}

const isOfSystem = async (path: string) => SYSTEM_TYPES.has((await statfs(path)).type);

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(path)));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) files.push(path);
  }
  return files;
}

const isFile = async (path: string) => (await stat(path).catch(() => null))?.isFile() ?? false;
