import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './files';
import { folderName, listFolders } from './layout';
import { openCheckpoint } from './load';

/**
 * Moves a checkpoint from another place, such as a download, into a folder of checkpoints. `path` must lie on the same file
 * system, and its files must be durable.
 * @returns the step of the checkpoint
 * @throws Error when the checkpoint is damaged; the folder is then unchanged
 */
export async function adoptCheckpoint(dir: string, path: string): Promise<number> {
  const { step } = await openCheckpoint(path);
  await mkdir(dir, { recursive: true });
  const same = (await listFolders(dir)).find((folder) => folder.step === step);
  await rename(path, join(dir, folderName(step, same ? same.revision + 1 : 0)));
  await syncFolder(dir);
  return step;
}
