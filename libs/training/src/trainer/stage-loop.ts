import type { LoopEvent } from '@open-chatgpt/runs';
import type { CheckpointContent } from '../checkpoint/files';
import { type Checkpoint, latestCheckpoint } from '../checkpoint/load';
import { saveCheckpoint } from '../checkpoint/save';
import { StepAbandoned, TrainingInterrupted } from './errors';

/** The environment of a stage's loop: everything but its data. */
export interface StageEnvironment {
  listen: (event: LoopEvent) => void;
  /** On abort, the loop completes the current step, saves a checkpoint and throws TrainingInterrupted. */
  signal?: AbortSignal;
  /** Awaited before a checkpoint is written. */
  beforeSave?: () => Promise<void>;
  /** Folder of this stage's checkpoints. Without it, none are written. */
  checkpointDir?: string;
  /** Resume from the newest checkpoint in `checkpointDir`, if one exists. */
  resume?: boolean;
}

export interface StageLoop {
  totalSteps: number;
  startStep: number;
  saveSteps: number;
  saveTotalLimit: number | null;
  /** Executes a step. `step` counts from 1. */
  step(step: number): Promise<void>;
  /** The content of a checkpoint after `step`. */
  content(step: number): CheckpointParts | Promise<CheckpointParts>;
  /** Called when the checkpoint of `step` is complete. */
  saved?(step: number): Promise<void>;
}

interface CheckpointParts {
  files: Record<string, CheckpointContent>;
  state: Record<string, unknown>;
}

/** The checkpoint to resume from, or null. */
export async function checkpointToResume({
  checkpointDir,
  resume,
  listen,
}: StageEnvironment): Promise<Checkpoint | null> {
  if (!checkpointDir || !resume) return null;
  return latestCheckpoint(checkpointDir, (message) => listen({ type: 'warning', message }));
}

/** Runs the remaining steps. Saves a checkpoint every `saveSteps` steps, at the end, and on abort. */
export async function runSteps(loop: StageLoop, environment: StageEnvironment): Promise<void> {
  const { totalSteps, startStep, saveSteps, saveTotalLimit } = loop;
  const { checkpointDir, listen, signal, beforeSave } = environment;
  let last: { step: number; path: string | null } = { step: startStep, path: null };
  const save = async (step: number): Promise<string | null> => {
    if (!checkpointDir) return null;
    await beforeSave?.();
    const path = await saveCheckpoint(checkpointDir, { step, ...(await loop.content(step)), saveTotalLimit });
    last = { step, path };
    listen({ type: 'checkpointed', step, path });
    await loop.saved?.(step);
    return path;
  };
  const saveIfPossible = async (step: number): Promise<string | null> => {
    if (step === last.step) return last.path;
    return save(step).catch((error) => {
      if (error instanceof StepAbandoned) return null;
      throw error;
    });
  };
  for (let step = startStep + 1; step <= totalSteps; step++) {
    try {
      await loop.step(step);
    } catch (error) {
      if (!(error instanceof StepAbandoned)) throw error;
      throw new TrainingInterrupted(step - 1, await saveIfPossible(step - 1));
    }
    if (signal?.aborted) throw new TrainingInterrupted(step, await saveIfPossible(step));
    if (step === totalSteps || (saveSteps > 0 && step % saveSteps === 0)) await save(step);
  }
}
