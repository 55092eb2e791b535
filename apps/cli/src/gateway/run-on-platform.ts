import { resolve } from 'node:path';
import { formatPipeline } from '@open-chatgpt/pipeline';
import type { PlannedRun } from '../training/load-pipeline';
import { checkFolder } from '../training/run-state';
import type { TrainingOptions } from '../training/training-options';
import { type GatewayOptions, openGateway } from './gateway-options';
import { watchPipeline } from './watch-pipeline';

/** Submits a pipeline to a running platform and shows its progress and its report. @returns the exit code */
export async function runOnPlatform(
  { pipeline }: PlannedRun,
  options: TrainingOptions & GatewayOptions,
): Promise<number> {
  const gateway = openGateway(options);
  const folder = options.out === undefined ? undefined : resolve(options.out);
  if (folder !== undefined) checkFolder(folder, false);
  const { pipelineId } = await gateway.submit(formatPipeline(pipeline));
  const note = `Submitted as ${pipelineId}; Ctrl-C stops watching, not the pipeline.`;
  return watchPipeline(gateway, pipelineId, { json: options.json, note, folder });
}
