import type { ModelConfig } from '@open-chatgpt/models';
import { descriptorOf, type PipelineConfig, rewardStageOf, type StageConfig } from '@open-chatgpt/pipeline';
import type { StageSize } from '../algorithms/algorithm';
import { type PassSeconds, timePasses } from './time-passes';

/** Seconds of a stage on this machine, as `timePasses` measures its passes; null where they cannot be measured. */
export async function estimateSeconds(
  pipeline: PipelineConfig,
  stage: StageConfig,
  model: ModelConfig,
  size: StageSize,
): Promise<number | null> {
  const { with: settings } = stage;
  const { rows, trained } = descriptorOf(stage.uses).footprint(settings, rewardStageOf(pipeline, stage));
  const { lora, gradientCheckpointing } = settings;
  const { scalarHead } = trained[0];
  const pass = { lora, scalarHead, rows, length: size.work.length, gradientCheckpointing };
  const measured = await timePasses(model, pass, settings);
  return measured && stageSeconds(measured, size, settings);
}

/** Steps, and the passes over the held-out rows between them. */
export function stageSeconds(
  { pass, update }: PassSeconds,
  { totalSteps, heldOut, work }: Pick<StageSize, 'totalSteps' | 'heldOut' | 'work'>,
  { evalSteps, perDeviceTrainBatchSize }: { evalSteps: number; perDeviceTrainBatchSize: number },
): number {
  const between = evalSteps > 0 ? Math.floor((totalSteps - 1) / evalSteps) : 0;
  const evaluation = (heldOut / perDeviceTrainBatchSize / 3) * pass;
  return totalSteps * (work.passes * pass + work.updates * update) + (between + 2) * evaluation;
}
