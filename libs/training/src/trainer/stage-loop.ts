import type { LoopEvent } from '@open-chatgpt/runs';
import type { CheckpointContent } from '../checkpoint/files';
import { type Checkpoint, latestCheckpoint } from '../checkpoint/load';
import { saveCheckpoint } from '../checkpoint/save';
import { StepAbandoned, TrainingInterrupted } from './errors';
import { checkStop, orInterrupted } from './stop';

/** The environment of a stage's loop: everything but its data. */
export interface StageEnvironment {
  listen: (event: LoopEvent) => void;
  /**
   * On abort, the loop abandons the evaluation or the sampling that it is in, or completes the current step, saves a
   * checkpoint and throws TrainingInterrupted.
   */
  signal?: AbortSignal;
  /** Awaited before a checkpoint is written. */
  beforeSave?: () => Promise<void>;
  /** Awaited before an evaluation and after a step: the ranks of a run agree there whether `signal` is aborted. */
  agree?: () => Promise<void>;
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
  /** Executes a step. `step` counts from 1. Throws StepAbandoned on abort, when it has changed nothing. */
  step(step: number): Promise<void>;
  /** Evaluates after every so many steps; 0 never. The loop itself evaluates before the first and after the last step. */
  evalSteps: number;
  /** Throws StepAbandoned on abort. A resumed run repeats it. */
  evaluate(step: number): Promise<void>;
  /** The content of a checkpoint after `step`. */
  content(step: number): CheckpointParts | Promise<CheckpointParts>;
  /** Called when the checkpoint of `step` is complete. */
  saved?(step: number): Promise<void>;
}

interface CheckpointParts {
  files: Record<string, CheckpointContent>;
  state: Record<string, unknown>;
}

/** In the state of a checkpoint whose evaluation was interrupted. */
const EVALUATION_DUE = 'evaluationDue';

/** The checkpoint to resume from, or null. */
export async function checkpointToResume({
  checkpointDir,
  resume,
  listen,
}: StageEnvironment): Promise<Checkpoint | null> {
  if (!checkpointDir || !resume) return null;
  return latestCheckpoint(checkpointDir, (message) => listen({ type: 'warning', message }));
}

/**
 * Runs the remaining steps, with the evaluations between them. Saves a checkpoint every `saveSteps` steps, at the end, and
 * on abort.
 * @param resumed the checkpoint that the loop has resumed from
 * @returns the path of the last checkpoint
 * @throws TrainingInterrupted
 */
export async function runSteps(
  loop: StageLoop,
  environment: StageEnvironment,
  resumed: Checkpoint | null,
): Promise<string | null> {
  const { totalSteps, startStep, evalSteps, saveSteps, saveTotalLimit } = loop;
  const { checkpointDir, listen, signal, beforeSave, agree } = environment;
  let last: { step: number; path: string | null } = { step: startStep, path: resumed?.path ?? null };
  const save = async (step: number, evaluationDue = false): Promise<string | null> => {
    if (!checkpointDir) return null;
    await beforeSave?.();
    const { files, state } = await loop.content(step);
    const content = { files, state: evaluationDue ? { ...state, [EVALUATION_DUE]: true } : state };
    const path = await saveCheckpoint(checkpointDir, { step, ...content, saveTotalLimit });
    last = { step, path };
    listen({ type: 'checkpointed', step, path });
    await loop.saved?.(step);
    return path;
  };
  const saveIfPossible = async (step: number, evaluationDue?: boolean): Promise<string | null> => {
    if (step === last.step) return last.path;
    return save(step, evaluationDue).catch((error) => {
      if (error instanceof StepAbandoned) return null;
      throw error;
    });
  };
  const evaluate = (step: number) =>
    orInterrupted(
      async () => {
        await agree?.();
        checkStop(signal);
        await loop.evaluate(step);
      },
      step,
      () => saveIfPossible(step, true),
    );

  if (resumed?.state[EVALUATION_DUE] === true) await evaluate(startStep);
  for (let step = startStep + 1; step <= totalSteps; step++) {
    await orInterrupted(
      () => loop.step(step),
      step - 1,
      () => saveIfPossible(step - 1),
    );
    if (evalSteps > 0 && step % evalSteps === 0 && step !== totalSteps) await evaluate(step);
    await agree?.();
    if (signal?.aborted) throw new TrainingInterrupted(step, await saveIfPossible(step));
    if (step === totalSteps || (saveSteps > 0 && step % saveSteps === 0)) await save(step);
  }
  return last.path;
}
