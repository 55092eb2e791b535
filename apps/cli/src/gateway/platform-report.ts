import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { reportSchema } from '@open-chatgpt/runs';
import writeFileAtomic from 'write-file-atomic';
import { modelsOf } from '../models/pipeline-models';
import { print } from '../terminal/print';
import { finish } from '../training/finish';
import { nextCommands } from '../training/next-commands';
import type { GatewayClient, SubmittedPipeline } from './gateway-client';

/** The folder of the report of a pipeline, unless a flag names one. `openchat up` has the run there, if it runs here. */
export const reportFolder = (pipelineId: string): string => resolve('runs', pipelineId);

/** Writes the report of a completed pipeline, and prints what it came to, as for a run on this machine. */
export async function finishOnPlatform(
  gateway: GatewayClient,
  pipeline: SubmittedPipeline,
  folder: string,
  json: boolean,
): Promise<void> {
  const { pipelineId } = pipeline;
  const report = reportSchema.parse(await gateway.report(pipelineId));
  // Where workers of this machine have the run, its report is there.
  if (!existsSync(join(folder, 'metrics.jsonl'))) {
    const page = await gateway.reportPage(pipelineId);
    mkdirSync(folder, { recursive: true });
    writeFileAtomic.sync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeFileAtomic.sync(join(folder, 'report.html'), page);
  }
  const models = modelsOf(pipeline);
  finish({ report, folder, models: models.map(({ source }) => source).join(', ') || 'none' }, json);
  const result = models.at(-1);
  if (!json && result) print(`\n${nextCommands(result)}`);
}
