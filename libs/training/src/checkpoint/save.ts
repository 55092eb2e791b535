import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainSaveFailure } from './errors';
import { type CheckpointContent, type FileDigest, syncFolder, writeDurably } from './files';
import { folderName, listFolders, removeIncomplete } from './layout';
import { formatManifest, manifestName } from './manifest';
import { pruneCheckpoints } from './prune';

export interface CheckpointToSave {
  /** Optimizer steps (PPO: iterations) done. */
  step: number;
  /** Weights, moments … by file name. */
  files: Record<string, CheckpointContent>;
  /** JSON beside the files: data cursor, schedule, controller, ledger … */
  state: Record<string, unknown>;
  /** Number of checkpoints to keep; null or absent keeps all. */
  saveTotalLimit?: number | null;
}

const fileNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function checkArguments({ step, files }: CheckpointToSave): void {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new Error(`checkpoint: expected a step of at least 0; found ${step}`);
  for (const name of Object.keys(files)) {
    if (!fileNamePattern.test(name) || name === manifestName) {
      throw new Error(
        `checkpoint: "${name}" cannot name a file; use letters, digits, ".", "_", "-"; not ${manifestName}`,
      );
    }
  }
}

/**
 * Writes a checkpoint atomically, even if the process is killed: files are written to a hidden folder, hashed and synced,
 * then the manifest, then the folder is renamed. Only one process may write to `dir` (see the lock of the run folder).
 * @returns the path of the checkpoint
 * @throws Error when it cannot be written; earlier checkpoints are unchanged
 */
export async function saveCheckpoint(dir: string, checkpoint: CheckpointToSave): Promise<string> {
  checkArguments(checkpoint);
  const path = await write(dir, checkpoint);
  await pruneCheckpoints(dir, checkpoint.saveTotalLimit ?? null);
  return path;
}

async function write(dir: string, { step, state, files }: CheckpointToSave): Promise<string> {
  let lastGood: number | null = null;
  let writing: string | null = null;
  try {
    await mkdir(dir, { recursive: true });
    await removeIncomplete(dir);
    const folders = await listFolders(dir);
    lastGood = folders[0]?.step ?? null;
    const replaced = folders.find((folder) => folder.step === step);
    const name = folderName(step, replaced ? replaced.revision + 1 : 0);
    writing = join(dir, `.writing-${name}`);
    await mkdir(writing);
    const digests: Record<string, FileDigest> = {};
    for (const [file, content] of Object.entries(files)) {
      digests[file] = await writeDurably(join(writing, file), content);
    }
    const manifest = {
      formatVersion: 1 as const,
      step,
      savedAt: new Date().toISOString(),
      files: digests,
      state,
    };
    await writeDurably(join(writing, manifestName), Buffer.from(formatManifest(manifest)));
    await syncFolder(writing);
    await rename(writing, join(dir, name));
    await syncFolder(dir);
    return join(dir, name);
  } catch (error) {
    if (writing) await rm(writing, { recursive: true, force: true }).catch(() => {});
    throw explainSaveFailure(error, dir, step, lastGood);
  }
}
