import { formatPipeline } from '@open-chatgpt/pipeline';
import type { PlannedRun } from '../training/load-pipeline';
import { type GatewayOptions, openGateway } from './gateway-options';
import { watchPipeline } from './watch-pipeline';

/** Submits a pipeline to a running platform and shows its progress until it ends. @returns the exit code */
export async function runOnPlatform(
  { pipeline }: PlannedRun,
  options: GatewayOptions,
  json: boolean,
): Promise<number> {
  const gateway = openGateway(options);
  const { pipelineId } = await gateway.submit(formatPipeline(pipeline));
  const note = `Submitted as ${pipelineId}; Ctrl-C stops watching, not the pipeline.`;
  return watchPipeline(gateway, pipelineId, json, note);
}
