import { formatPipeline } from '@open-chatgpt/rlhf';
import { exitCodes } from '../exit-codes';
import { createProgress } from '../progress';
import { printJson } from '../terminal/json-line';
import type { PlannedRun } from '../training/load-pipeline';
import { GatewayClient, type SubmittedPipeline } from './gateway-client';
import { toStageEvents } from './stage-events';

/**
 * Submits a pipeline to a running platform and shows its progress until it ends. Ctrl-C stops watching, not the pipeline.
 * @returns the exit code
 */
export async function runOnPlatform({ pipeline }: PlannedRun, url: string, json: boolean): Promise<number> {
  const gateway = new GatewayClient(url);
  const { pipelineId } = await gateway.submit(formatPipeline(pipeline));
  const progress = createProgress(json);
  const leave = new AbortController();
  process.once('SIGINT', () => leave.abort());
  progress.note(`Submitted as ${pipelineId}; Ctrl-C stops watching, not the pipeline.`);
  try {
    for await (const { type, data } of gateway.watch(pipelineId, leave.signal)) {
      for (const event of toStageEvents(type, JSON.parse(data))) progress.event(event);
    }
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    progress.close();
  }
  const ended = await gateway.get(pipelineId);
  tell(ended, json);
  return ended.status === 'completed' ? exitCodes.ok : exitCodes.failed;
}

function tell(pipeline: SubmittedPipeline, json: boolean): void {
  if (json) {
    printJson({ type: 'pipeline', ...pipeline });
    return;
  }
  console.log(`\n${pipeline.pipelineId}: ${pipeline.status}`);
  for (const { stage, status, error, model } of pipeline.stages) {
    console.log(`  ${stage}: ${status}${error ? `: ${error.message}` : ''}${model ? `, ${model.uri}` : ''}`);
  }
}
