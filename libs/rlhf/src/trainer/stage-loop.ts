import type { CheckpointContent } from '../checkpoint';
import { type Checkpoint, latestCheckpoint, saveCheckpoint } from '../checkpoint';
import type { StageListener, StageName } from '../run/events';
import { TrainingInterrupted } from './errors';

/** What every stage's loop is given beside its data. */
export interface StageEnvironment {
  listen: StageListener;
  /** Aborted: finish the step at hand, save a checkpoint, throw TrainingInterrupted. */
  signal?: AbortSignal;
  /** Folder of this stage's checkpoints; none are written without one. */
  checkpointDir?: string;
  /** Continue from the newest checkpoint in `checkpointDir`, if there is one. */
  resume?: boolean;
}

export interface StageLoop {
  stage: StageName;
  totalSteps: number;
  startStep: number;
  saveSteps: number;
  saveTotalLimit: number | null;
  /** Does step number `step`, counted from 1. */
  step(step: number): Promise<void>;
  /** What a checkpoint holds. */
  content(): { files: Record<string, CheckpointContent>; state: Record<string, unknown> };
}

/** The checkpoint to go on from, or null. */
export async function checkpointToResume(
  stage: StageName,
  { checkpointDir, resume, listen }: StageEnvironment,
): Promise<Checkpoint | null> {
  if (!checkpointDir || !resume) return null;
  return latestCheckpoint(checkpointDir, (message) => listen({ type: 'warning', stage, message }));
}

/** Runs the steps that are left, with checkpoints every saveSteps, at the end, and when asked to stop. */
export async function runSteps(loop: StageLoop, environment: StageEnvironment): Promise<void> {
  const { stage, totalSteps, startStep, saveSteps, saveTotalLimit } = loop;
  const { checkpointDir, listen, signal } = environment;
  const save = async (step: number): Promise<string | null> => {
    if (!checkpointDir) return null;
    const path = await saveCheckpoint(checkpointDir, { step, ...loop.content(), saveTotalLimit });
    listen({ type: 'checkpointed', stage, step, path });
    return path;
  };
  for (let step = startStep + 1; step <= totalSteps; step++) {
    await loop.step(step);
    const due = step === totalSteps || (saveSteps > 0 && step % saveSteps === 0);
    if (signal?.aborted) throw new TrainingInterrupted(step, await save(step));
    if (due) await save(step);
  }
}
