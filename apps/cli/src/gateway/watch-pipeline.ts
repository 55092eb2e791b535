import { toStageEvents } from '@open-chatgpt/orchestration';
import { exitCodes } from '../exit-codes';
import { createProgress } from '../progress';
import { invocation } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { describeWait } from './describe-wait';
import { followPipeline } from './follow-pipeline';
import type { GatewayClient, SubmittedPipeline } from './gateway-client';
import { finishOnPlatform, reportFolder } from './platform-report';

export interface WatchOptions {
  json?: boolean;
  /** The first line. */
  note: string;
  /** Where the report is written when the pipeline has completed. */
  folder?: string;
}

/** Shows the progress of a pipeline until it ends, and its report. Ctrl-C stops watching, not the pipeline. @returns the exit code */
export async function watchPipeline(
  gateway: GatewayClient,
  pipelineId: string,
  { json = false, note, folder = reportFolder(pipelineId) }: WatchOptions,
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
      const fields = JSON.parse(data);
      if (type === 'run.waits') progress.note(describeWait(fields));
      for (const event of toStageEvents(type, fields)) progress.event(event);
    }
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    process.off('SIGINT', stop);
    progress.close();
  }
  const ended = await gateway.pipeline(pipelineId);
  const completed = ended.status === 'completed';
  if (completed) await finishOnPlatform(gateway, ended, folder, json);
  else if (!json) printEnd(ended);
  // The last line, for programs.
  if (json) printJson({ type: 'pipeline', ...ended });
  return completed ? exitCodes.ok : exitCodes.failed;
}

function printEnd({ pipelineId, status, stages }: SubmittedPipeline): void {
  print(`\n${pipelineId}: ${status}`);
  for (const { stage, status, error } of stages)
    print(`  ${stage}: ${status}${error ? `: ${error.message}` : ''}`);
  print(`To continue from the last checkpoint:\n  ${invocation()} resume ${pipelineId}`);
}
