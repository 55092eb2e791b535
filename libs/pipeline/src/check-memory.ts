import { estimateMemory, MEMORY_MARGIN, type MemoryEstimate } from '@open-chatgpt/sizing';
import type { PipelineConfig } from './pipeline';
import { footprintsOf, longestRow, shapeOf } from './process-plan';
import type { StageConfig } from './stages/registry';

/** Tokens that any row of a dataset has at least, about: the rows are not known yet, and may be much shorter than the settings allow. */
const SHORT_ROW = 16;

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** The fields that each part of the memory grows with. */
const fieldsOf: Record<keyof MemoryEstimate['bytes'], readonly string[]> = {
  fixed: [],
  weights: ['model'],
  gradients: ['model', 'lora'],
  moments: ['model', 'lora'],
  activations: ['model', 'perDeviceTrainBatchSize'],
  cache: ['model', 'localRolloutForwardBatchSize'],
};

/**
 * Checks that stages fit into memory even if all rows are short, before anything is allocated. Stages of a model whose shape
 * only its files say are not checked.
 * @param stages those that are executed
 * @param available bytes
 * @throws Error that names the stage and the fields to change
 */
export function checkMemory(
  pipeline: PipelineConfig,
  stages: readonly StageConfig[],
  available: number,
): void {
  for (const stage of stages) {
    for (const estimate of leastMemory(pipeline, stage)) {
      // The estimate is off by as much.
      if (estimate.total > available * (1 + MEMORY_MARGIN)) throw tooLarge(stage, estimate, available);
    }
  }
}

/** Of each process of a stage. */
function leastMemory(pipeline: PipelineConfig, stage: StageConfig): MemoryEstimate[] {
  const shape = shapeOf(pipeline, stage);
  if (!shape) return [];
  const length = Math.min(SHORT_ROW, longestRow(stage, shape));
  const { gradientCheckpointing } = stage.with;
  return Object.values(footprintsOf(pipeline, stage)).map((footprint) =>
    estimateMemory(shape, footprint, { length, gradientCheckpointing }),
  );
}

function tooLarge(stage: StageConfig, { total, bytes }: MemoryEstimate, available: number): Error {
  const parts = Object.keys(fieldsOf) as (keyof typeof fieldsOf)[];
  const largest = parts.reduce((a, b) => (bytes[b] > bytes[a] ? b : a));
  const fields = fieldsOf[largest].filter((field) => field === 'model' || field in stage.with);
  const names = fields.map((field) => (field === 'model' ? field : `${stage.name}.${field}`));
  const needs = `the stage "${stage.name}" needs at least ${shown(total)} of memory`;
  if (largest === 'fixed')
    return new Error(
      `${stage.name}: ${needs}, ${shown(bytes.fixed)} of it for the program itself; there are ${shown(available)}. ` +
        'Give the process more memory.',
    );
  return new Error(
    `${names.join(', ')}: ${needs}, ${shown(bytes[largest])} of it for ${largest}; there are ${shown(available)}. ` +
      'Choose smaller sizes.',
  );
}

const shown = (bytes: number): string =>
  bytes < GIBIBYTE ? `${Math.ceil(bytes / MEBIBYTE)} MiB` : `${Math.ceil(bytes / GIBIBYTE)} GiB`;
