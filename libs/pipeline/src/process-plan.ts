import {
  builtinShape,
  estimateMemory,
  freshShape,
  hostMemory,
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

/** Whether pods with these settings have GPUs: counted, or of a claim. */
export const haveGpus = (settings: { gpus?: number; resourceClaimTemplateName?: string }): boolean =>
  (settings.gpus ?? 0) > 0 || settings.resourceClaimTemplateName !== undefined;

/**
 * The processes that execute a stage as services, by what can be known without a file: no model or dataset is opened.
 * @param onGpus whether the processes of a role have GPUs
 */
export function planProcesses(
  pipeline: PipelineConfig,
  stage: StageConfig,
  onGpus: (role: ProcessRole) => boolean = () => false,
): ProcessPlan[] {
  return processesOf(pipeline, stage, shapeOf(pipeline, stage), onGpus);
}

function processesOf(
  pipeline: PipelineConfig,
  stage: StageConfig,
  shape: ModelShape | undefined,
  onGpus: (role: ProcessRole) => boolean,
): ProcessPlan[] {
  const { gradientCheckpointing, offloadOptimizer } = stage.with;
  const pass = { length: longestRow(stage, shape), gradientCheckpointing };
  return Object.entries(footprintsOf(pipeline, stage)).map(([name, own]) => {
    const role = name as ProcessRole;
    const whole = shape ? estimateMemory(shape, own, pass) : null;
    const estimate = whole && onGpus(role) ? hostMemory(whole, offloadOptimizer === 'cpu') : whole;
    return {
      role,
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

/** The processes of a stage whose models lie on `devices` GPUs. Processes that only sample compute on the CPU. */
export function planGpuProcesses(
  pipeline: PipelineConfig,
  stage: StageConfig,
  { shape, devices }: { shape: ModelShape; devices: number },
): GpuProcess[] {
  const footprints = Object.entries(footprintsOf(pipeline, stage));
  const training = new Set(footprints.flatMap(([role, { rows }]) => (rows > 0 ? [role] : [])));
  const trains = (role: ProcessRole) => training.has(role);
  return processesOf(pipeline, stage, shape, trains).map(({ role, requests }) => {
    const pods = trains(role) ? Math.ceil(devices / HOST_GPUS) : 1;
    return { role, pods, gpus: trains(role) ? devices / pods : 0, requests };
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
