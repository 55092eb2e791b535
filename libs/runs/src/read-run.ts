import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import type { RecordedEvent } from './events';
import { recordedEvents } from './recorded-events';
import { buildReport } from './report/build';
import { type RunReport, reportSchema } from './report/schema';

/** A run as its folder has it. */
export interface RecordedRun {
  report: RunReport;
  events: RecordedEvent[];
  /** null where the run has not written it yet. */
  pipeline: PipelineConfig | null;
}

/**
 * Reads a run, also while it goes on; writes nothing and takes no lock. Its report is made from what it recorded until now.
 * @throws Error that names the file and line which cannot be read
 */
export function readRun(folder: string): RecordedRun {
  const config = join(folder, 'config.yaml');
  const pipeline = existsSync(config) ? parsePipeline(readFileSync(config, 'utf8'), config) : null;
  const events = recordedEvents(folder);
  const ended = endOf(join(folder, 'report.json'));
  const report = buildReport(events, {
    name: pipeline?.name ?? folder,
    peakRssMb: ended?.peakRssMb ?? null,
    machine: ended?.machine ?? null,
    seconds: ended?.seconds,
    pipeline: pipeline ?? undefined,
  });
  return { report, events, pipeline };
}

/** What only the end of the run knows; null before it, and where another version wrote it. */
function endOf(file: string): RunReport | null {
  if (!existsSync(file)) return null;
  const report = reportSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return report.success ? report.data : null;
}
