import {
  compileStepAhead,
  type MeshOption,
  type ModelConfig,
  openModel,
  type StepAhead,
} from '@open-chatgpt/models';
import {
  descriptorOf,
  longestRow,
  modelOf,
  type PipelineConfig,
  rewardStageOf,
  type StageConfig,
  stageOf,
} from '@open-chatgpt/pipeline';
import type { GpuTarget } from '@open-chatgpt/runtime';
import { scratchConfig } from './base-model';

/** What one model that a stage trains needs on each of the GPUs. */
export interface TrainedOnDevices {
  stage: string;
  /** In a stage that trains several models: its number. */
  model: number;
  scalarHead: boolean;
  /** Rows of one pass, and their tokens. */
  rows: number;
  length: number;
  step: StepAhead;
  total: number;
  fits: boolean;
  /** The most rows of a pass that fit, about: from this step and one of twice the rows. 0 where none does. */
  mostRows: number;
}

export interface DevicePlanOptions {
  target: GpuTarget;
  devices: number;
  /** In place of what the stages say. */
  mesh: MeshOption | null;
  /** The path of a model on this machine; null where it is not here. */
  resolveModel: (reference: string) => Promise<string | null>;
  onCompiled?: (stage: string, seconds: number) => void;
}

/**
 * Compiles the training steps of a pipeline for GPUs that are not here, and says what each GPU would need. Reads the
 * configuration of the model, no weights and no data.
 * @throws Error naming the stage
 */
export async function planDevices(
  pipeline: PipelineConfig,
  options: DevicePlanOptions,
): Promise<TrainedOnDevices[]> {
  const plans: TrainedOnDevices[] = [];
  for (const stage of pipeline.stages) {
    const config = await configOf(pipeline, stage, options);
    const { trained, rows } = descriptorOf(stage.uses).footprint(stage.with, rewardStageOf(pipeline, stage));
    const length = Math.min(longestRow(stage, config), config.maxPositionEmbeddings);
    for (const [model, { lora, scalarHead }] of trained.entries()) {
      const stepOf = (batch: number) =>
        compileStepAhead({
          ...{ config, lora, scalarHead, target: options.target, devices: options.devices },
          bf16: stage.with.bf16,
          mesh: options.mesh ?? stage.with.mesh ?? {},
          pass: {
            batch,
            length,
            gradientCheckpointing: stage.with.gradientCheckpointing,
          },
        });
      const [step, doubled] = named(stage, () => [stepOf(rows), stepOf(2 * rows)] as const);
      options.onCompiled?.(stage.name, step.compileSeconds + doubled.compileSeconds);
      plans.push({
        stage: stage.name,
        model,
        scalarHead,
        rows,
        length,
        ...fit(step, doubled, rows, options.target),
      });
    }
  }
  return plans;
}

function fit(step: StepAhead, doubled: StepAhead, rows: number, { memoryBytes }: GpuTarget) {
  const { weights, gradients, moments, activations } = step.bytes;
  const fixed = weights + gradients + moments;
  const perRow = (doubled.bytes.activations - activations) / rows;
  const withoutRows = Math.max(0, activations - perRow * rows);
  const parts = step.mesh.data * step.mesh.fsdp;
  const most = Math.floor((memoryBytes - fixed - withoutRows) / perRow);
  return {
    step,
    total: fixed + activations,
    fits: fixed + activations <= memoryBytes,
    mostRows: Math.max(0, Math.floor(most / parts) * parts),
  };
}

function named<T>({ name }: StageConfig, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

/** The configuration of the base of a stage: no stage changes the one of the model that it starts from. */
async function configOf(
  pipeline: PipelineConfig,
  stage: StageConfig,
  options: DevicePlanOptions,
): Promise<ModelConfig> {
  const base = modelOf(pipeline, stage, 'base')!;
  if ('scratch' in base) {
    const { vocabSize } = base.scratch;
    return scratchConfig(base.scratch, { vocabSize, bosTokenId: null, eosTokenId: 0, padTokenId: null });
  }
  const made = stageOf(base.path);
  const earlier = pipeline.stages.find(({ name }) => name === made);
  if (earlier) return configOf(pipeline, earlier, options);
  const path = await options.resolveModel(base.path);
  if (path === null)
    throw new Error(
      `${stage.name}: ${base.path} is not on this machine, and only its files say its shape; download it first, or name a folder`,
    );
  const files = await openModel(path);
  await files.close();
  return files.config;
}
