import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  openRunFolder,
  type RunReport,
  reportSchema,
  runPipeline,
  type StageName,
  TrainingDiverged,
  TrainingInterrupted,
} from '@open-chatgpt/rlhf';
import { exitCodes, UsageError } from '../exit-codes';
import { createProgress, type Progress } from '../progress';
import { invocation, shownPath } from '../terminal/invocation';
import { printJson } from '../terminal/json-line';
import { checkResumable } from './check-resumable';
import { listenForInterrupt } from './interrupt';
import type { PlannedRun } from './load-pipeline';
import { resolveBuiltinModel } from './resolve-builtin';

export interface ExecuteOptions {
  resume?: boolean;
  json?: boolean;
}

export type Outcome = { report: RunReport; folder: string } | { exitCode: number };

/** Runs a pipeline in its folder, showing its progress, until it ends or is stopped. */
export async function execute(
  { pipeline, folder: path }: PlannedRun,
  options: ExecuteOptions,
): Promise<Outcome> {
  const { resume = false, json = false } = options;
  checkFolder(path, resume);
  const progress = createProgress(json);
  if (resume) {
    const finished = finishedReport(path);
    if (finished) {
      progress.note(`The run in ${shownPath(path)} is already finished.`);
      return { report: finished, folder: path };
    }
    checkResumable(path, pipeline, (text) => progress.note(text));
  }
  const folder = openRunFolder(path, { resume });
  let stage: StageName | null = null;
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
      resolveBuiltin: (name) => resolveBuiltinModel(name, progress),
      onLoading: (done, total) => progress.loading('loading weights', done, total),
      show(event) {
        if (event.type === 'started') stage = event.stage;
        progress.event(event);
      },
    });
    return { report, folder: path };
  } catch (error) {
    progress.close();
    if (error instanceof TrainingInterrupted)
      return { exitCode: tellInterrupted(error, stage, path, progress, json) };
    if (error instanceof TrainingDiverged)
      throw new Error(`${stage}: ${error.message}\nRun folder: ${shownPath(path)}`, { cause: error });
    throw error;
  } finally {
    progress.close();
    interrupt.release();
    folder.close();
  }
}

/** The command that goes on with the run in a folder. */
export function resumeCommand(path: string): string {
  return `${invocation()} run ${shownPath(path)} --resume`;
}

function tellInterrupted(
  { step, checkpoint }: TrainingInterrupted,
  stage: StageName | null,
  path: string,
  progress: Progress,
  json: boolean,
): number {
  const resume = resumeCommand(path);
  if (json) printJson({ type: 'interrupted', stage, step, checkpoint, resume });
  else
    progress.note(`Stopped after step ${step} of ${stage}; the checkpoint is saved. To go on:\n  ${resume}`);
  return exitCodes.interrupted;
}

function checkFolder(path: string, resume: boolean): void {
  const holdsRun = existsSync(join(path, 'metrics.jsonl'));
  if (holdsRun && !resume) {
    throw new UsageError(
      `${shownPath(path)} already holds a run; go on with it (${resumeCommand(path)}), choose another folder with --out, or delete it`,
    );
  }
  if (!holdsRun && resume) {
    throw new UsageError(`${shownPath(path)} holds no run to resume; leave --resume out to start one there`);
  }
}

function finishedReport(path: string): RunReport | null {
  const file = join(path, 'report.json');
  return existsSync(file) ? reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : null;
}
