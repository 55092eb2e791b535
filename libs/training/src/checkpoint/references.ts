import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder, writeDurably } from './files';
import { listFolders, removeFolder } from './layout';

const fileName = 'references.json';
const referencesSchema = z.record(z.string(), z.int().min(0));

/** Names such as `best` for the step of a checkpoint; what is named is never deleted. */
export type References = z.output<typeof referencesSchema>;

/** @throws Error when the file is damaged, for then nothing may be deleted */
export async function readReferences(dir: string): Promise<References> {
  const path = join(dir, fileName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return referencesSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path}: expected names with steps, such as {"best": 100}; repair or delete the file`);
  }
}

/** Names the checkpoint of a step; an earlier checkpoint of that name loses it. */
export async function referenceCheckpoint(dir: string, name: string, step: number): Promise<void> {
  if (!(await listFolders(dir)).some((folder) => folder.step === step)) {
    throw new Error(`${dir}: there is no checkpoint of step ${step} to be called "${name}"`);
  }
  const references = { ...(await readReferences(dir)), [name]: step };
  const passing = join(dir, `.${fileName}`);
  await rm(passing, { force: true });
  await writeDurably(passing, Buffer.from(JSON.stringify(references)));
  await rename(passing, join(dir, fileName));
  await syncFolder(dir);
}

/** Keeps the newest `saveTotalLimit` steps and all that are referenced; null keeps everything. */
export async function pruneCheckpoints(dir: string, saveTotalLimit: number | null): Promise<void> {
  const folders = await listFolders(dir);
  const steps = [...new Set(folders.map(({ step }) => step))];
  const referenced = Object.values(await readReferences(dir));
  const kept = new Set([...steps.slice(0, saveTotalLimit ?? steps.length), ...referenced]);
  for (const [i, folder] of folders.entries()) {
    const replaced = folders[i - 1]?.step === folder.step;
    if (replaced || !kept.has(folder.step)) await removeFolder(dir, folder);
  }
}
