import { isAbsolute, relative, resolve } from 'node:path';
import { checkMemory, filePathsOf, type PipelineConfig } from '@open-chatgpt/pipeline';
import type { GatewayConfig } from '../gateway-config';

const GIBIBYTE = 2 ** 30;

/** What a gateway whose trainers run elsewhere lets a process of a run take. */
const ELSEWHERE_GIB = 4096;

/**
 * Checks what a client may ask of the machines that train: their files and their memory.
 * @throws Error that names the field, and the setting of the platform
 */
export function checkSubmission(
  pipeline: PipelineConfig,
  { pipelineFolders = [], runMemoryGib = ELSEWHERE_GIB }: GatewayConfig,
): void {
  for (const { field, path } of filePathsOf(pipeline)) {
    if (pipelineFolders.some((folder) => isWithin(path, folder))) continue;
    throw new Error(
      `${field}: files of the machines that train are ${pipelineFolders.length > 0 ? `read only from ${pipelineFolders.join(', ')}` : 'not read'} ` +
        'here. Have the platform ingest the dataset (dataset:<id>) or import the model (openchat model import PATH, then store:<id>); the operator of the ' +
        'platform can add a folder to OPEN_CHATGPT_PIPELINE_FOLDERS.',
    );
  }
  checkMemory(pipeline, pipeline.stages, runMemoryGib * GIBIBYTE);
}

function isWithin(path: string, folder: string): boolean {
  const inside = relative(resolve(folder), resolve(path));
  return !inside.startsWith('..') && !isAbsolute(inside);
}
