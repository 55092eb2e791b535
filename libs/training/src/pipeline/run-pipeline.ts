import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkDevices } from '@open-chatgpt/models';
import {
  checkMemory,
  formatPipeline,
  type ModelRole,
  modelOf,
  type PipelineConfig,
  type StageConfig,
  stageNamed,
} from '@open-chatgpt/pipeline';
import {
  buildReport,
  describeMachine,
  peakRssMb,
  type RunFolder,
  type RunReport,
  type StageEvent,
} from '@open-chatgpt/runs';
import { setThreads, threadCount } from '@open-chatgpt/runtime';
import { machineMemory } from '@open-chatgpt/sizing';
import type { Algorithm, MadeModel, StageContext } from '../algorithms/algorithm';
import { algorithms } from '../algorithms/registry';
import type { StageEnvironment } from '../trainer/stage-loop';
import { checkStop, orInterrupted, untilStop } from '../trainer/stop';
import type { BaseModel } from './base-model';
import { exportModel } from './export-model';
import type { ResolveModel } from './resolve-model';
import { writeNormalization } from './reward-model';
import { RunModels } from './run-models';
import { finishedStage, recordingListener, stageEnvironment } from './stage-context';

export interface PipelineRun extends Pick<StageEnvironment, 'signal' | 'beforeSave' | 'agree'> {
  pipeline: PipelineConfig;
  folder: RunFolder;
  /** Called with what happens as it happens; all of it is also kept in the folder. */
  show: (event: StageEvent) => void;
  /** Resume from the checkpoints in the folder. */
  resume: boolean;
  resolveModel: ResolveModel;
  /** Elements of the weights read so far, and in all. */
  onLoading?: (done: number, total: number) => void;
  /** Runs one stage alone, because the others run elsewhere. */
  only?: OnlyStage;
}

/** One stage of a pipeline, by itself. */
export interface OnlyStage {
  stage: string;
  /** Folders of its models, in place of what the stage names. */
  models?: Partial<Record<ModelRole, string>>;
  /** The model to start from, where it is in memory already; it must be the one that would be read. */
  base?: BaseModel;
  /** Another implementation of the stage's algorithm, such as one that shares the work with services. */
  algorithm?: Algorithm;
}

/** Runs the stages of a pipeline in their order, and leaves models and report in the run folder. */
export async function runPipeline(run: PipelineRun): Promise<RunReport> {
  const { pipeline, folder, only } = run;
  const startedAt = performance.now();
  if (pipeline.threads) setThreads(pipeline.threads);
  const stages = only ? [onlyStage(pipeline, only)] : pipeline.stages;
  checkMemory(pipeline, stages, machineMemory());
  for (const { name, with: settings } of stages) checkDevices(name, settings);
  folder.writeConfig(formatPipeline(pipeline));
  const models = new RunModels(pipeline, {
    resolveModel: (reference) => untilStop(run.resolveModel(reference), run.signal),
    onProgress: (done, total) => {
      checkStop(run.signal);
      run.onLoading?.(done, total);
    },
  });
  const listen = recordingListener(folder, run.show);
  const warned = new Set<string>();
  const runNext = async (stage: StageConfig): Promise<void> => {
    const base = only?.base ?? (await models.languageModel(stage, 'base'));
    for (const message of base.warnings)
      if (!warned.has(message)) listen({ type: 'warning', stage: stage.name, message });
    for (const message of base.warnings) warned.add(message);
    const context: StageContext = {
      config: stage.with,
      base,
      reference: async () =>
        stage.models.reference === undefined ? base : models.languageModel(stage, 'reference'),
      rewardModel: () => models.rewardModel(stage, base),
      environment: stageEnvironment({ ...run, listen }, stage),
    };
    const algorithm = only?.algorithm ?? (algorithms[stage.uses] as Algorithm);
    const made = await runStage(algorithm, context, run, stage);
    await exportMade(join(folder.path, 'models', stage.name), made, base, baseName(run, stage.name));
    if (!only) models.keep(stage, made);
  };
  // Where a stage has not begun its steps, there is nothing to save.
  for (const stage of stages) await orInterrupted(() => runNext(stage), 0, null);
  const report = buildReport(folder.events(), {
    name: pipeline.name,
    // What happened before the first event, such as loading the model, counts for this part only.
    seconds: (performance.now() - startedAt) / 1000,
    peakRssMb: peakRssMb(),
    machine: describeMachine(threadCount()),
    pipeline,
  });
  folder.writeReport(report);
  return report;
}

function onlyStage(pipeline: PipelineConfig, { stage: name, models }: OnlyStage): StageConfig {
  const stage = stageNamed(pipeline, name);
  return { ...stage, models: { ...stage.models, ...models } };
}

/** Trains, unless an earlier part of the run has finished the stage. */
async function runStage(
  algorithm: Algorithm,
  context: StageContext,
  { folder, resume }: PipelineRun,
  { name }: StageConfig,
): Promise<MadeModel> {
  const finished = resume ? await finishedStage(folder, name) : null;
  return finished
    ? algorithm.restore(context, finished.checkpoint, finished.summary)
    : algorithm.train(context);
}

async function exportMade(folder: string, made: MadeModel, base: BaseModel, baseName: string): Promise<void> {
  const advice = made.kind === 'language-model' ? made.generationConfig : undefined;
  await exportModel(folder, made.model, base, { advice, baseName });
  if (made.kind === 'reward-model') await writeNormalization(folder, made.normalization);
}

/** The base of a stage as adapters name it: a path where it is one on this machine, else as the pipeline names it. */
function baseName({ pipeline, folder, only }: PipelineRun, name: string): string {
  const source = modelOf(pipeline, stageNamed(pipeline, name), 'base')!;
  if (!('path' in source)) return `weights from scratch, seed ${pipeline.seed}`;
  const { path } = source;
  if (path.startsWith('stage:'))
    return only ? path : resolve(folder.path, 'models', path.slice('stage:'.length));
  return existsSync(path) ? resolve(path) : path;
}
