import {
  builtinShape,
  estimateMemory,
  freshShape,
  type MemoryEstimate,
  type ModelShape,
  requestsFor,
} from '@open-chatgpt/sizing';
import type { PipelineConfig } from './pipeline';
import { modelOf } from './pipeline-references';
import { stageOf } from './references';
import type { ProcessRole } from './stages/descriptor';
import { descriptorOf, type StageConfig } from './stages/registry';

/** What one process of a stage needs where each has a machine of its own. */
export interface ProcessPlan {
  role: ProcessRole;
  /** null for a model whose shape only its files say. */
  estimate: MemoryEstimate | null;
  /** Of its pod, without GPUs: as Kubernetes quantities. */
  requests: { cpu: string; memory: string };
}

/** The processes that execute a stage as services, by what can be known without a file: no model or dataset is opened. */
export function planProcesses(pipeline: PipelineConfig, stage: StageConfig): ProcessPlan[] {
  const roles = footprintsOf(pipeline, stage);
  const shape = shapeOf(pipeline, stage);
  const pass = { length: longestRow(stage, shape), gradientCheckpointing: stage.with.gradientCheckpointing };
  return Object.entries(roles).map(([role, own]) => {
    const estimate = shape ? estimateMemory(shape, own, pass) : null;
    return {
      role: role as ProcessRole,
      estimate,
      requests: requestsFor(pipeline.threads, estimate ?? undefined),
    };
  });
}

/** The pods of a role of a stage whose models lie on GPUs. */
export interface GpuProcess {
  role: ProcessRole;
  pods: number;
  /** Of each pod. */
  gpus: number;
  requests: ProcessPlan['requests'];
}

const HOST_GPUS = 8;

/**
 * The processes of a stage whose models lie on `devices` GPUs. Activations are in the memory of the GPUs. The requests count weights,
 * gradients and moments, which is an upper bound: without offload they are on the GPUs alone. Processes that only sample compute on the CPU.
 */
export function planGpuProcesses(
  pipeline: PipelineConfig,
  stage: StageConfig,
  { shape, devices }: { shape: ModelShape; devices: number },
): GpuProcess[] {
  const pass = {
    length: longestRow(stage, shape),
    gradientCheckpointing: stage.with.gradientCheckpointing,
  };
  return Object.entries(footprintsOf(pipeline, stage)).map(([role, own]) => {
    const trains = own.rows > 0;
    const pods = trains ? Math.ceil(devices / HOST_GPUS) : 1;
    const estimate = estimateMemory(shape, { ...own, rows: 0 }, pass);
    return {
      role: role as ProcessRole,
      pods,
      gpus: trains ? devices / pods : 0,
      requests: requestsFor(pipeline.threads, estimate),
    };
  });
}

/** What the processes of a stage hold, by role. */
export function footprintsOf(pipeline: PipelineConfig, stage: StageConfig) {
  const { footprint, footprints } = descriptorOf(stage.uses);
  const reward = rewardStageOf(pipeline, stage);
  return footprints?.(stage.with, reward) ?? { trainer: footprint(stage.with, reward) };
}

/** The settings of the stage that makes the reward model, where that is a stage of this pipeline. */
export function rewardStageOf({ stages }: PipelineConfig, { models }: StageConfig) {
  const name = models.rewardModel === undefined ? null : stageOf(models.rewardModel);
  return stages.find((stage) => stage.name === name)?.with ?? null;
}

/** The shape of the base of a stage: no stage changes the one of the model that it starts from. */
export function shapeOf(pipeline: PipelineConfig, stage: StageConfig): ModelShape | undefined {
  const base = modelOf(pipeline, stage, 'base');
  if (!base) return undefined;
  if ('scratch' in base) return freshShape(base.scratch);
  const made = stageOf(base.path);
  const earlier = pipeline.stages.find(({ name }) => name === made);
  if (earlier) return shapeOf(pipeline, earlier);
  const builtin = /^builtin:(.+)$/.exec(base.path)?.[1];
  return builtin === undefined ? undefined : builtinShape(builtin);
}

/** Tokens of the longest row that the settings and the model allow. */
export function longestRow({ with: settings }: StageConfig, shape: ModelShape | undefined): number {
  const length =
    'maxLength' in settings ? settings.maxLength : settings.maxPromptLength + settings.responseLength;
  return Math.min(length, shape?.maxPositionEmbeddings ?? length);
}
