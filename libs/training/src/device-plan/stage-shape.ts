import type { MeshOption, ModelConfig, OffloadOption, ResidentModel } from '@open-chatgpt/models';
import {
  descriptorOf,
  longestRow,
  type PipelineConfig,
  rewardStageOf,
  type StageConfig,
} from '@open-chatgpt/pipeline';

/** What decides the memory of a stage on its devices. Each field can be changed to see what another choice takes. */
export interface StageShape extends OffloadOption {
  config: ModelConfig;
  models: readonly ResidentModel[];
  /** Whether the base is a reference beside the models. */
  base: boolean;
  mesh: MeshOption;
  devices: number;
  /** Rows of one pass, `rowsPerExample` of them for each of perDeviceTrainBatchSize. */
  rows: number;
  rowsPerExample: number;
  length: number;
  gradientCheckpointing: boolean;
  bf16: boolean;
  /** Whether the stage generates answers: to learn from, or at evaluations. */
  answers: boolean;
}

export function shapeOnDevices(
  pipeline: PipelineConfig,
  stage: StageConfig,
  { config, mesh, devices }: { config: ModelConfig; mesh: MeshOption | null; devices: number },
): StageShape {
  const { with: settings } = stage;
  const { footprint, makes } = descriptorOf(stage.uses);
  const {
    trained,
    frozen,
    rows,
    reference = false,
    responseLength,
  } = footprint(settings, rewardStageOf(pipeline, stage));
  return {
    config,
    models: [
      ...trained.map((model) => ({ ...model, trained: true })),
      ...frozen.map((model) => ({ ...model, trained: false })),
    ],
    base: reference,
    mesh: mesh ?? settings.mesh ?? {},
    devices,
    rows,
    rowsPerExample: rows / settings.perDeviceTrainBatchSize,
    length: Math.min(longestRow(stage, config), config.maxPositionEmbeddings),
    gradientCheckpointing: settings.gradientCheckpointing,
    bf16: settings.bf16,
    answers: makes === 'language-model' && (settings.evalSamples > 0 || responseLength !== undefined),
    offloadOptimizer: settings.offloadOptimizer,
    offloadParam: settings.offloadParam,
  };
}
