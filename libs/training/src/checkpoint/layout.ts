import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * How a folder of checkpoints looks: `step-00000100` is whole; `step-00000100.1` replaces it, when the same step
 * was written again after a resume; names with a leading dot are being written or deleted and never read.
 */
const wholePattern = /^step-(\d{8,})(?:\.(\d+))?$/;
const passingPattern = /^\.(writing|deleting)-step-/;

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

/** Every whole checkpoint, the newest first. Empty when the folder does not exist. */
export async function listFolders(dir: string): Promise<CheckpointFolder[]> {
  const found = (await names(dir)).flatMap((name): CheckpointFolder[] => {
    const match = wholePattern.exec(name);
    return match
      ? [{ name, path: join(dir, name), step: Number(match[1]), revision: Number(match[2] ?? 0) }]
      : [];
  });
  return found.sort((a, b) => b.step - a.step || b.revision - a.revision);
}

/** Removes what a killed process left half written or half deleted. */
export async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await names(dir)) {
    if (passingPattern.test(name)) await rm(join(dir, name), { recursive: true, force: true });
  }
}

/** Deletes a checkpoint so that a reader sees it whole or not at all. */
export async function removeFolder(dir: string, folder: CheckpointFolder): Promise<void> {
  const passing = join(dir, `.deleting-${folder.name}`);
  await rename(folder.path, passing);
  await rm(passing, { recursive: true, force: true });
}
