import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The layout of a folder of checkpoints. `step-00000100` is complete. `step-00000100.1` replaces it when a resumed run saves
 * the same step again. Names with a leading dot are incomplete (being written or deleted) and never read.
 */
const completePattern = /^step-(\d{8,})(?:\.(\d+))?$/;
const incompletePattern = /^\.(writing|deleting)-step-/;

export interface CheckpointFolder {
  name: string;
  path: string;
  step: number;
  revision: number;
}

export function folderName(step: number, revision: number): string {
  return `step-${String(step).padStart(8, '0')}${revision > 0 ? `.${revision}` : ''}`;
}

async function names(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** All complete checkpoints, the newest first. Empty when the folder does not exist. */
export async function listFolders(dir: string): Promise<CheckpointFolder[]> {
  const found = (await names(dir)).flatMap((name): CheckpointFolder[] => {
    const match = completePattern.exec(name);
    return match
      ? [{ name, path: join(dir, name), step: Number(match[1]), revision: Number(match[2] ?? 0) }]
      : [];
  });
  return found.sort((a, b) => b.step - a.step || b.revision - a.revision);
}

/** Removes checkpoints that a killed process left incomplete. */
export async function removeIncomplete(dir: string): Promise<void> {
  for (const name of await names(dir)) {
    if (incompletePattern.test(name)) await rm(join(dir, name), { recursive: true, force: true });
  }
}

/** Deletes a checkpoint atomically for readers: they see it complete or not at all. */
export async function removeFolder(dir: string, folder: CheckpointFolder): Promise<void> {
  const deleting = join(dir, `.deleting-${folder.name}`);
  await rename(folder.path, deleting);
  await rm(deleting, { recursive: true, force: true });
}
