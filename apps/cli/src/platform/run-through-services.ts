import { existsSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import { toStageEvents } from '@open-chatgpt/orchestration';
import { formatPipeline } from '@open-chatgpt/pipeline';
import { exitCodes, UsageError } from '../exit-codes';
import { describeWait } from '../gateway/describe-wait';
import { followPipeline } from '../gateway/follow-pipeline';
import { GatewayClient, type SubmittedPipeline } from '../gateway/gateway-client';
import { describeResumed, isNewFor } from '../gateway/resumed-pipeline';
import { platform as services } from '../lazy-imports';
import { modelResolver } from '../models/model-source';
import { createProgress, type Progress } from '../progress';
import { shownPath } from '../terminal/invocation';
import { printJson } from '../terminal/print';
import { checkBeforeTraining } from '../training/check-before-training';
import type { ExecuteOptions, RunResult } from '../training/execute';
import { listenForInterrupt } from '../training/interrupt';
import type { PlannedRun } from '../training/load-pipeline';
import { checkFolder, readReport, resumeCommand } from '../training/run-state';

const storeOf = (folder: string) => join(folder, 'store');

/** Whether services executed the run in a folder: only they can resume it. */
export function isServiceRun(folder: string): boolean {
  return existsSync(storeOf(folder));
}

/**
 * Runs a pipeline through the platform's services, all of them in this process: the bus in memory, the store in the run's
 * folder. What it leaves is what `execute` leaves, to the same bytes of the models.
 */
export async function runThroughServices(run: PlannedRun, options: ExecuteOptions): Promise<RunResult> {
  const { folder } = run;
  const { resume = false, json = false } = options;
  checkFolder(folder, resume);
  if (resume && options.set?.length)
    throw new UsageError(
      `${shownPath(folder)}: a run of the services resumes with the settings that it started with; leave --set out`,
    );
  const progress = createProgress(json);
  if (!resume) await checkBeforeTraining(run.pipeline, modelResolver(progress), progress, json);
  const platform = await services().startPlatform(configOf(folder));
  const position = { stage: '', step: 0 };
  const interrupt = listenForInterrupt(
    () => position.stage !== '',
    (text) => progress.note(text),
  );
  try {
    const gateway = new GatewayClient(platform.url);
    const pipeline = await submit(gateway, run, resume);
    const { pipelineId, status } = pipeline;
    if (status === 'completed') progress.note(`The run in ${shownPath(folder)} is already finished.`);
    else if (resume) progress.note(`Resuming ${shownPath(folder)}: ${describeResumed(pipeline)}.`);
    const isNew = isNewFor(pipeline);
    const onLost = (reason: string) => progress.note(`Lost the gateway (${reason}); trying again.`);
    const events = followPipeline(gateway, pipelineId, { signal: interrupt.signal, onLost });
    for await (const { event: type = '', data } of status === 'completed' ? [] : events) {
      const fields = JSON.parse(data);
      if (!isNew(fields)) continue;
      if (type === 'run.waits') progress.note(describeWait(fields));
      for (const event of toStageEvents(type, fields)) {
        if (event.type === 'started' || event.type === 'step')
          Object.assign(position, { stage: event.stage, step: event.step });
        progress.event(event);
      }
    }
    return resultOf(await gateway.pipeline(pipelineId), folder);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    // A service that stops saves a checkpoint first.
    await platform.stop();
    return { exitCode: reportInterrupted(position, folder, progress, json) };
  } finally {
    progress.close();
    interrupt.release();
    await platform.stop();
  }
}

function configOf(folder: string) {
  return services().loadPlatformConfig({
    OPEN_CHATGPT_STORE: storeOf(folder),
    OPEN_CHATGPT_WORK_DIR: join(folder, 'work'),
    OPEN_CHATGPT_RUNS_DIR: dirname(folder),
    // The person who starts it submits it.
    OPEN_CHATGPT_PIPELINE_FOLDERS: parse(folder).root,
    OPEN_CHATGPT_PORT: '0',
    OPEN_CHATGPT_LOG_LEVEL: process.env['OPEN_CHATGPT_LOG_LEVEL'] ?? 'error',
  });
}

/** The pipeline's id is the name of its folder: there the stages' workers leave the run. */
async function submit(
  gateway: GatewayClient,
  { pipeline, folder }: PlannedRun,
  resume: boolean,
): Promise<SubmittedPipeline> {
  const pipelineId = basename(folder);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(pipelineId))
    throw new UsageError(
      `${shownPath(folder)}: the folder of a run may be named with letters, digits, ".", "_" and "-" only; choose another with --out`,
    );
  // None where the run was killed before the gateway had written it down.
  const [known] = resume ? (await gateway.list<SubmittedPipeline>('pipelines')).items : [];
  if (!known) return gateway.submit(formatPipeline(pipeline), pipelineId);
  // A gateway that starts takes up what is running.
  return known.status === 'completed' || known.status === 'running'
    ? known
    : gateway.control(pipelineId, 'resume');
}

function resultOf({ status, stages }: SubmittedPipeline, folder: string): RunResult {
  const report = readReport(folder);
  if (status === 'completed' && report) return { report, folder };
  const failed = stages.find(({ error }) => error);
  throw new Error(
    `${failed?.stage ?? 'the pipeline'}: ${failed?.error?.message ?? status}\nRun folder: ${shownPath(folder)}`,
  );
}

function reportInterrupted(
  { stage, step }: { stage: string; step: number },
  folder: string,
  progress: Progress,
  json: boolean,
): number {
  const resume = resumeCommand(folder);
  if (json) printJson({ type: 'interrupted', stage, step, resume });
  else
    progress.note(
      `Stopped in ${stage}, after step ${step} or the next; the checkpoint is saved. To resume:\n  ${resume}`,
    );
  return exitCodes.interrupted;
}
