import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './files';
import { folderName, listFolders } from './layout';
import { openCheckpoint } from './load';

/**
 * Takes a checkpoint that was made elsewhere into a folder of checkpoints, as if it had been saved there. It is moved
 * from `path`, which must lie on the same file system and be safe on the disk.
 * @returns its step
 * @throws Error when it is damaged; then nothing has changed
 */
export async function adoptCheckpoint(dir: string, path: string): Promise<number> {
  const { step } = await openCheckpoint(path);
  await mkdir(dir, { recursive: true });
  const same = (await listFolders(dir)).find((folder) => folder.step === step);
  await rename(path, join(dir, folderName(step, same ? same.revision + 1 : 0)));
  await syncFolder(dir);
  return step;
}
