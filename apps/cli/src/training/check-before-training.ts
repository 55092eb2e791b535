import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { planPipeline, type ResolveModel } from '@open-chatgpt/training';
import { createIngestDisplay } from '../ingestion/ingest-progress';
import { StageIngestions } from '../ingestion/stage-ingestions';
import type { Progress } from '../progress';

/** A check that takes longer is announced. */
const NOTICED_MS = 2000;

/**
 * Reads the description of the model and the data of all stages, before weights are loaded and anything is written: what the last stage
 * would stumble over ends the run at once. The rows are in the cache afterwards.
 * @throws Error when a model or dataset is not there, cannot be read, or does not fit the other
 */
export async function checkBeforeTraining(
  pipeline: PipelineConfig,
  resolveModel: ResolveModel,
  progress: Progress,
  json: boolean,
): Promise<void> {
  const ingestions = new StageIngestions(() => createIngestDisplay(json));
  const announce = setTimeout(() => progress.note('Reading the data of all stages …'), NOTICED_MS);
  try {
    await planPipeline(pipeline, {
      resolveModel,
      download: true,
      onIngest: (stage, ingested) => ingestions.show(stage, ingested),
    });
  } finally {
    clearTimeout(announce);
    ingestions.close();
  }
}
