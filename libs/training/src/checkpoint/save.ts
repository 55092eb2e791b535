import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainSaveFailure } from './errors';
import { type CheckpointContent, type FileDigest, syncFolder, writeDurably } from './files';
import { folderName, listFolders, removeLeftovers } from './layout';
import { formatManifest, manifestName } from './manifest';
import { pruneCheckpoints } from './prune';

export interface CheckpointToSave {
  /** Optimizer steps (PPO: iterations) done. */
  step: number;
  /** Weights, moments … by file name. */
  files: Record<string, CheckpointContent>;
  /** JSON beside the files: random state, data cursor, schedule, controller, ledger … */
  state: Record<string, unknown>;
  /** Newest checkpoints to keep; null or none keeps all. */
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
 * Writes a checkpoint that a reader sees whole or not at all, whenever the process is killed: files are written
 * to a hidden folder, hashed and synced, then the manifest, then the folder gets its name.
 * One process may write to `dir` at a time (see the lock of the run folder).
 * @returns path of the checkpoint
 * @throws Error when it cannot be written; checkpoints written before stay as they are
 */
export async function saveCheckpoint(dir: string, checkpoint: CheckpointToSave): Promise<string> {
  checkArguments(checkpoint);
  const path = await write(dir, checkpoint);
  await pruneCheckpoints(dir, checkpoint.saveTotalLimit ?? null);
  return path;
}

async function write(dir: string, { step, state, files }: CheckpointToSave): Promise<string> {
  let lastGood: number | null = null;
  let passing: string | null = null;
  try {
    await mkdir(dir, { recursive: true });
    await removeLeftovers(dir);
    const folders = await listFolders(dir);
    lastGood = folders[0]?.step ?? null;
    const replaced = folders.find((folder) => folder.step === step);
    const name = folderName(step, replaced ? replaced.revision + 1 : 0);
    passing = join(dir, `.writing-${name}`);
    await mkdir(passing);
    const digests: Record<string, FileDigest> = {};
    for (const [file, content] of Object.entries(files)) {
      digests[file] = await writeDurably(join(passing, file), content);
    }
    const manifest = {
      formatVersion: 1 as const,
      step,
      savedAt: new Date().toISOString(),
      files: digests,
      state,
    };
    await writeDurably(join(passing, manifestName), Buffer.from(formatManifest(manifest)));
    await syncFolder(passing);
    await rename(passing, join(dir, name));
    await syncFolder(dir);
    return join(dir, name);
  } catch (error) {
    if (passing) await rm(passing, { recursive: true, force: true }).catch(() => {});
    throw explainSaveFailure(error, dir, step, lastGood);
  }
}
