import type { Model } from '@open-chatgpt/models';
import type { PipelineConfig, StageName } from '@open-chatgpt/pipeline';
import type { RunFolder, StageEvent, StageFinished, StageListener } from '@open-chatgpt/runs';
import { type Checkpoint, latestCheckpoint } from '../checkpoint/load';
import { restoreWeights } from '../trainer/saved-state';
import type { StageEnvironment } from '../trainer/stage-loop';
import type { BaseModel } from './base-model';

/** What the stages of one run share. */
export interface StageContext {
  pipeline: PipelineConfig;
  base: BaseModel;
  folder: RunFolder;
  listen: StageListener;
  signal?: AbortSignal;
  beforeSave?: StageEnvironment['beforeSave'];
  /** Go on from the checkpoints in the folder. */
  resume: boolean;
}

/** Keeps an event in the run folder and shows it. A stage that goes on from a checkpoint first forgets what came after. */
export function recordingListener(folder: RunFolder, show: StageListener): StageListener {
  return (event: StageEvent) => {
    if (event.type === 'started') folder.rewind(event.stage, event.step);
    folder.record(event);
    show(event);
  };
}

export function stageEnvironment(context: StageContext, stage: StageName): StageEnvironment {
  const { folder, listen, signal, beforeSave, resume } = context;
  return { listen, signal, beforeSave, resume, checkpointDir: folder.checkpointsOf(stage) };
}

/** What a stage that an earlier part of this run finished came to, or null. */
export function finishedStage({ folder, resume }: StageContext, stage: StageName): StageFinished | null {
  if (!resume) return null;
  const finished = folder.events().find((event) => event.type === 'finished' && event.stage === stage);
  return (finished as StageFinished | undefined) ?? null;
}

/** The weights that a finished stage ended with, from its last checkpoint. */
export async function restoreFinished(
  { folder }: StageContext,
  stage: StageName,
  model: Model,
  prefix = '',
): Promise<Checkpoint> {
  const checkpoint = await latestCheckpoint(folder.checkpointsOf(stage));
  if (!checkpoint)
    throw new Error(
      `${folder.checkpointsOf(stage)} has no checkpoint of the finished stage; start a new run`,
    );
  await restoreWeights(checkpoint, model.trained, prefix);
  return checkpoint;
}
