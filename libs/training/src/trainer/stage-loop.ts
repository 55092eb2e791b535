import type { LoopEvent } from '@open-chatgpt/runs';
import type { CheckpointContent } from '../checkpoint/files';
import { type Checkpoint, latestCheckpoint } from '../checkpoint/load';
import { saveCheckpoint } from '../checkpoint/save';
import { StepAbandoned, TrainingInterrupted } from './errors';

/** What every stage's loop is given beside its data. */
export interface StageEnvironment {
  listen: (event: LoopEvent) => void;
  /** Aborted: finish the current step, save a checkpoint, throw TrainingInterrupted. */
  signal?: AbortSignal;
  /** Waited for before a checkpoint is written. */
  beforeSave?: () => Promise<void>;
  /** Folder of this stage's checkpoints; none are written without one. */
  checkpointDir?: string;
  /** Continue from the newest checkpoint in `checkpointDir`, if there is one. */
  resume?: boolean;
}

export interface StageLoop {
  totalSteps: number;
  startStep: number;
  saveSteps: number;
  saveTotalLimit: number | null;
  /** Does step number `step`, counted from 1. */
  step(step: number): Promise<void>;
  /** What a checkpoint after `step` holds. */
  content(step: number): CheckpointParts | Promise<CheckpointParts>;
  /** The checkpoint of `step` is whole. */
  saved?(step: number): Promise<void>;
}

interface CheckpointParts {
  files: Record<string, CheckpointContent>;
  state: Record<string, unknown>;
}

/** The checkpoint to go on from, or null. */
export async function checkpointToResume({
  checkpointDir,
  resume,
  listen,
}: StageEnvironment): Promise<Checkpoint | null> {
  if (!checkpointDir || !resume) return null;
  return latestCheckpoint(checkpointDir, (message) => listen({ type: 'warning', message }));
}

/** Runs the steps that are left, with checkpoints every saveSteps, at the end, and when asked to stop. */
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
