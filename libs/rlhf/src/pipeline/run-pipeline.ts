import { setThreads } from '@open-chatgpt/runtime';
import type { StageEvent } from '../run/events';
import { buildReport, type RunReport } from '../run/report';
import { elapsedSeconds } from '../run/report/elapsed';
import type { RunFolder } from '../run/run-folder';
import { prepareBaseModel } from './base-model';
import type { PipelineConfig } from './config';
import { formatPipeline } from './parse';
import { runPpoStage } from './ppo-stage';
import { comparedSamples, recordedLedger } from './recorded-ppo';
import { openRewardModel, runRewardStage } from './reward-stage';
import { runSftStage } from './sft-stage';
import { recordingListener, type StageContext } from './stage-context';

export interface PipelineRun {
  pipeline: PipelineConfig;
  folder: RunFolder;
  /** Told what happens as it happens; all of it is also kept in the folder. */
  show: (event: StageEvent) => void;
  signal?: AbortSignal;
  /** Go on from the checkpoints in the folder. */
  resume: boolean;
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
  /** Elements of the weights read so far, and in all. */
  onLoading?: (done: number, total: number) => void;
}

/** Runs the stages of a pipeline in their order, and leaves models and report in the run folder. */
export async function runPipeline(run: PipelineRun): Promise<RunReport> {
  const { pipeline, folder, signal, resume } = run;
  const startedAt = performance.now();
  if (pipeline.threads) setThreads(pipeline.threads);
  folder.writeConfig(formatPipeline(pipeline));
  const base = await prepareBaseModel(pipeline.model, {
    seed: pipeline.seed,
    template: pipeline.template,
    dataset: pipeline.sft?.dataset,
    resolveBuiltin: run.resolveBuiltin,
    onProgress: run.onLoading,
  });
  const listen = recordingListener(folder, run.show);
  const context: StageContext = { pipeline, base, folder, listen, signal, resume };

  const supervised = pipeline.sft ? await runSftStage(context, pipeline.sft) : [];
  const reward = pipeline.reward
    ? await runRewardStage(context, pipeline.reward)
    : pipeline.ppo?.rewardModel
      ? await openRewardModel(pipeline.ppo.rewardModel)
      : null;
  if (pipeline.ppo && reward) await runPpoStage(context, pipeline.ppo, reward, supervised);

  const events = folder.events();
  const report = buildReport(events, {
    name: pipeline.name,
    // What happened before the first event, such as loading the model, counts for this part only.
    seconds: Math.max(elapsedSeconds(events), (performance.now() - startedAt) / 1000),
    peakRssMb: process.resourceUsage().maxRSS / 1024,
    config: formatPipeline(pipeline),
    ledger: recordedLedger(events),
    samples: comparedSamples(events),
  });
  folder.writeReport(report);
  return report;
}
