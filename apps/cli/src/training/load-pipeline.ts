import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type PipelineConfig, type PipelineOverride, parsePipeline } from '@open-chatgpt/pipeline';
import { asUsage, UsageError } from '../exit-codes';
import { flagOverride, parseOverride } from './overrides';
import type { TrainingOptions } from './training-options';

/** A configuration and the folder of its run. */
export interface PlannedRun {
  pipeline: PipelineConfig;
  folder: string;
}

/**
 * Reads a pipeline file, or the one that a run folder keeps, with the flags on top.
 * @throws UsageError that names file, line and field
 */
export function loadPipeline(path: string, options: TrainingOptions): PlannedRun {
  if (!existsSync(path))
    throw new UsageError(`${path}: no such pipeline file; examples/ has some to start from`);
  const isRun = statSync(path).isDirectory();
  const file = isRun ? join(path, 'config.yaml') : path;
  if (!existsSync(file)) {
    throw new UsageError(`${path}: the folder holds no run (no config.yaml); give a pipeline file`);
  }
  return planRun(readFileSync(file, 'utf8'), file, options, [], isRun ? path : undefined);
}

/** @param fallbackFolder folder of the run where neither a flag nor the file names one */
export function planRun(
  text: string,
  filename: string,
  options: TrainingOptions,
  flags: readonly PipelineOverride[] = [],
  fallbackFolder?: string,
): PlannedRun {
  const overrides = [
    ...flags,
    ...(options.set ?? []).map(parseOverride),
    ...(options.threads ? [flagOverride('--threads', 'threads', options.threads)] : []),
  ];
  const pipeline = asUsage(() => parsePipeline(text, filename, overrides));
  const folder = options.out ?? fallbackFolder ?? pipeline.outputDir ?? join('runs', pipeline.name);
  return { pipeline, folder: resolve(folder) };
}
