import type { PipelineConfig, StageName } from '@open-chatgpt/pipeline';
import { checkLocalModel, formatPipeline } from '@open-chatgpt/pipeline';
import type { RunFolder, StageEvent } from '@open-chatgpt/runs';
import { buildReport, elapsedSeconds, peakRssMb, type RunReport } from '@open-chatgpt/runs';
import { setThreads } from '@open-chatgpt/runtime';
import { type BaseModel, prepareBaseModel } from './base-model';
import { type CreatePpoWorkers, localWorkers, runPpoStage } from './ppo-stage';
import { comparedSamples, recordedLedger } from './recorded-ppo';
import { openRewardModel, type RewardModel, runRewardStage } from './reward-stage';
import { tokenizeSft } from './sft-rows';
import { runSftStage } from './sft-stage';
import { recordingListener, type StageContext } from './stage-context';

export interface PipelineRun {
  pipeline: PipelineConfig;
  folder: RunFolder;
  /** Told what happens as it happens; all of it is also kept in the folder. */
  show: (event: StageEvent) => void;
  signal?: AbortSignal;
  /** Waited for before a checkpoint is written: what was shown so far is then in safe hands. */
  beforeSave?: () => Promise<void>;
  /** Go on from the checkpoints in the folder. */
  resume: boolean;
  /** Turns `builtin:<name>` of a model into a path. */
  resolveBuiltin: (name: string) => Promise<string>;
  /** Elements of the weights read so far, and in all. */
  onLoading?: (done: number, total: number) => void;
  /** Runs this stage alone, because the others run elsewhere. */
  only?: OnlyStage;
  /** Has the models of PPO work elsewhere; all work in this process by default. */
  createPpoWorkers?: CreatePpoWorkers;
  /** The model to start from, where it is in memory already; it must be the one that would be read. */
  base?: BaseModel;
}

/** One stage of a pipeline, with the models that the stages before it made. */
export interface OnlyStage {
  stage: StageName;
  /** The model to start from, instead of the pipeline's. */
  model?: string;
  /** Folder of the reward model, for PPO. */
  rewardModel?: string;
}

/** Runs the stages of a pipeline in their order, and leaves models and report in the run folder. */
export async function runPipeline(run: PipelineRun): Promise<RunReport> {
  const { pipeline, folder, signal, beforeSave, resume, only } = run;
  const { sft, reward, ppo } = pipeline;
  const runs = (stage: StageName) => !only || only.stage === stage;
  const startedAt = performance.now();
  if (pipeline.threads) setThreads(pipeline.threads);
  folder.writeConfig(formatPipeline(pipeline));
  const base = run.base ?? (await openBase(run));
  const listen = recordingListener(folder, run.show);
  const context: StageContext = { pipeline, base, folder, listen, signal, beforeSave, resume };

  if (sft && runs('sft')) await runSftStage(context, sft);
  const trained = reward && runs('reward') ? await runRewardStage(context, reward) : null;
  if (ppo && runs('ppo')) {
    const pretraining = ppo.ptxCoef > 0 && sft ? (await tokenizeSft(base, sft)).train.items : [];
    const createWorkers =
      run.createPpoWorkers ??
      localWorkers(trained ?? (await openRewardModelAt(only?.rewardModel ?? ppo.rewardModel, base)));
    await runPpoStage(context, ppo, createWorkers, pretraining);
  }

  const events = folder.events();
  const report = buildReport(events, {
    name: pipeline.name,
    // What happened before the first event, such as loading the model, counts for this part only.
    seconds: Math.max(elapsedSeconds(events), (performance.now() - startedAt) / 1000),
    peakRssMb: peakRssMb(),
    config: formatPipeline(pipeline),
    ledger: recordedLedger(events),
    samples: comparedSamples(events),
  });
  folder.writeReport(report);
  return report;
}

function openBase({ pipeline, only, resolveBuiltin, onLoading }: PipelineRun): Promise<BaseModel> {
  const { seed, template, sft } = pipeline;
  return prepareBaseModel(only?.model ? { path: only.model } : pipeline.model, {
    seed,
    template,
    dataset: sft?.dataset,
    resolveBuiltin,
    onProgress: onLoading,
  });
}

function openRewardModelAt(path: string | undefined, base: BaseModel): Promise<RewardModel> {
  if (!path) throw new Error('ppo: there is no reward model; name one as ppo.rewardModel');
  checkLocalModel(path);
  return openRewardModel(path, async () => base);
}
