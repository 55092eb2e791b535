import { listFolders, removeFolder } from './layout';

/** Keeps the newest `saveTotalLimit` steps, each in its latest revision; null keeps all steps. */
export async function pruneCheckpoints(dir: string, saveTotalLimit: number | null): Promise<void> {
  const folders = await listFolders(dir);
  const steps = [...new Set(folders.map(({ step }) => step))];
  const kept = new Set(steps.slice(0, saveTotalLimit ?? steps.length));
  for (const [i, folder] of folders.entries()) {
    const replaced = folders[i - 1]?.step === folder.step;
    if (replaced || !kept.has(folder.step)) await removeFolder(dir, folder);
  }
}
