import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Parts } from '@open-chatgpt/runtime';
import { digestFile, type FileDigest, readInto } from './files';
import { type CheckpointFolder, listFolders } from './layout';
import { type Manifest, readManifest } from './manifest';

/** A checkpoint whose files are verified. */
export interface Checkpoint {
  step: number;
  path: string;
  savedAt: string;
  files: Record<string, FileDigest>;
  state: Record<string, unknown>;
  read(file: string): Promise<Buffer>;
  /** Fills memory. Its size must equal the file's. */
  readInto(file: string, memory: ArrayBufferView | Parts): Promise<void>;
}

async function verifyFiles(path: string, { files }: Manifest): Promise<void> {
  for (const [name, expected] of Object.entries(files)) {
    const found = await digestFile(join(path, name)).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${name} cannot be read (${error.code})`);
    });
    if (found.bytes !== expected.bytes) {
      throw new Error(`${name} has ${found.bytes} bytes instead of ${expected.bytes}`);
    }
    if (found.sha256 !== expected.sha256) throw new Error(`${name} does not match its sha256`);
  }
}

/**
 * Opens a checkpoint and verifies the SHA-256 of every file.
 * @throws Error that names the damaged file and the damage
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const manifest = await readManifest(path);
  await verifyFiles(path, manifest);
  const { step, savedAt, files, state } = manifest;
  const pathOf = (file: string) => {
    if (Object.hasOwn(files, file)) return join(path, file);
    throw new Error(`${path}: there is no file "${file}"; it has ${Object.keys(files).join(', ') || 'none'}`);
  };
  return {
    step,
    path,
    savedAt,
    files,
    state,
    read: async (file) => readFile(pathOf(file)),
    readInto: async (file, memory) => readInto(pathOf(file), memory),
  };
}

async function firstIntact(
  folders: readonly CheckpointFolder[],
  warn: (message: string) => void,
): Promise<Checkpoint | null> {
  for (const folder of folders) {
    try {
      return await openCheckpoint(folder.path);
    } catch (error) {
      warn(`the checkpoint ${folder.path} is damaged and skipped: ${(error as Error).message}`);
    }
  }
  return null;
}

/**
 * The newest intact checkpoint. Damaged ones are skipped with a warning. null when the folder has no checkpoints.
 * @throws Error when all checkpoints are damaged
 */
export async function latestCheckpoint(
  dir: string,
  warn: (message: string) => void = (message) => process.emitWarning(message),
): Promise<Checkpoint | null> {
  const folders = await listFolders(dir);
  const found = await firstIntact(folders, warn);
  if (found || folders.length === 0) return found;
  throw new Error(
    `${dir}: all ${folders.length} checkpoints are damaged; delete the folder to start the training again`,
  );
}
