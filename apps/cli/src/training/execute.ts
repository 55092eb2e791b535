import { openRunFolder, type RunReport } from '@open-chatgpt/runs';
import { runPipeline, TrainingDiverged, TrainingInterrupted } from '@open-chatgpt/training';
import { exitCodes } from '../exit-codes';
import { modelResolver } from '../models/model-source';
import { createProgress, type Progress } from '../progress';
import { shownPath } from '../terminal/invocation';
import { printJson } from '../terminal/print';
import { checkBeforeTraining } from './check-before-training';
import { checkResumable } from './check-resumable';
import { listenForInterrupt } from './interrupt';
import type { PlannedRun } from './load-pipeline';
import { checkFolder, readReport, resumeCommand } from './run-state';

export interface ExecuteOptions {
  resume?: boolean;
  json?: boolean;
  /** Fields given on the command line, beside the file's. */
  set?: readonly string[];
}

export type RunResult = { report: RunReport; folder: string } | { exitCode: number };

/** Runs a pipeline in its folder, showing its progress, until it ends or is stopped. */
export async function execute(
  { pipeline, folder: path }: PlannedRun,
  options: ExecuteOptions,
): Promise<RunResult> {
  const { resume = false, json = false } = options;
  checkFolder(path, resume);
  const progress = createProgress(json);
  const finished = resume ? readReport(path) : null;
  if (finished) {
    progress.note(`The run in ${shownPath(path)} is already finished.`);
    return { report: finished, folder: path };
  }
  if (resume) checkResumable(path, pipeline, (text) => progress.note(text));
  const resolveModel = modelResolver(progress);
  if (!resume) await checkBeforeTraining(pipeline, resolveModel, progress, json);
  const folder = openRunFolder(path, { resume });
  let stage: string | null = null;
  const interrupt = listenForInterrupt(
    () => stage !== null,
    (text) => progress.note(text),
  );
  try {
    const report = await runPipeline({
      pipeline,
      folder,
      resume,
      signal: interrupt.signal,
      resolveModel,
      onLoading: (done, total) => progress.loading('loading weights', done, total),
      show(event) {
        if (event.type === 'started') stage = event.stage;
        progress.event(event);
      },
    });
    return { report, folder: path };
  } catch (error) {
    progress.close();
    // There is nothing to resume, and the folder is free for the next try.
    if (stage === null && !resume) folder.discard();
    if (error instanceof TrainingInterrupted)
      return { exitCode: reportInterrupted(error, stage, path, progress, json) };
    if (error instanceof TrainingDiverged)
      throw new Error(`${stage}: ${error.message}\nRun folder: ${shownPath(path)}`, { cause: error });
    throw error;
  } finally {
    progress.close();
    interrupt.release();
    folder.close();
  }
}

function reportInterrupted(
  { step, checkpoint }: TrainingInterrupted,
  stage: string | null,
  path: string,
  progress: Progress,
  json: boolean,
): number {
  const resume = resumeCommand(path);
  if (json) printJson({ type: 'interrupted', stage, step, checkpoint, resume });
  else
    progress.note(
      checkpoint === null
        ? `Stopped in ${stage} before there was a checkpoint; the stage will start from its beginning. To resume:\n  ${resume}`
        : `Stopped after step ${step} of ${stage}; the checkpoint is saved. To resume:\n  ${resume}`,
    );
  return exitCodes.interrupted;
}
