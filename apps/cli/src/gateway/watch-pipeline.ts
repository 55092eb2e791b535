import { exitCodes } from '../exit-codes';
import { createProgress } from '../progress';
import { print, printJson } from '../terminal/print';
import { followPipeline } from './follow-pipeline';
import type { GatewayClient, SubmittedPipeline } from './gateway-client';
import { toStageEvents } from './stage-events';

/**
 * Shows the progress of a pipeline until it ends. Ctrl-C stops watching, not the pipeline.
 * @param note the first line
 * @returns the exit code
 */
export async function watchPipeline(
  gateway: GatewayClient,
  pipelineId: string,
  json: boolean,
  note: string,
): Promise<number> {
  const progress = createProgress(json);
  const leave = new AbortController();
  const stop = () => leave.abort();
  process.once('SIGINT', stop);
  progress.note(note);
  try {
    const onLost = (reason: string) =>
      progress.note(`Lost the connection to the gateway (${reason}); reconnecting. The pipeline continues.`);
    for await (const { event: type = '', data } of followPipeline(gateway, pipelineId, {
      signal: leave.signal,
      onLost,
    })) {
      for (const event of toStageEvents(type, JSON.parse(data))) progress.event(event);
    }
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    process.off('SIGINT', stop);
    progress.close();
  }
  const ended = await gateway.pipeline(pipelineId);
  printEnd(ended, json);
  return ended.status === 'completed' ? exitCodes.ok : exitCodes.failed;
}

function printEnd(pipeline: SubmittedPipeline, json: boolean): void {
  if (json) {
    printJson({ type: 'pipeline', ...pipeline });
    return;
  }
  print(`\n${pipeline.pipelineId}: ${pipeline.status}`);
  for (const { stage, status, error, model } of pipeline.stages) {
    print(`  ${stage}: ${status}${error ? `: ${error.message}` : ''}${model ? `, ${model.uri}` : ''}`);
  }
}
