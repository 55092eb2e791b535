import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { RunFolder, StageEvent, StageFinished, StageListener } from '@open-chatgpt/runs';
import { type Checkpoint, latestCheckpoint } from '../checkpoint/load';
import type { StageEnvironment } from '../trainer/stage-loop';

/** Records an event in the run folder and shows it. A stage that resumes from a checkpoint first removes later events. */
export function recordingListener(folder: RunFolder, show: StageListener): StageListener {
  return (event: StageEvent) => {
    if (event.type === 'started') folder.rewind(event.stage, event.step);
    folder.record(event);
    show(event);
  };
}

/** What the loop of a stage is given beside its data; it reports without knowing the name of its stage. */
export function stageEnvironment(
  {
    folder,
    listen,
    ...options
  }: { folder: RunFolder; listen: StageListener } & Pick<
    StageEnvironment,
    'signal' | 'beforeSave' | 'resume'
  >,
  { name, uses }: { name: string; uses: AlgorithmName },
): StageEnvironment {
  return {
    ...options,
    // Lines of metrics.jsonl begin with what they are and whose they are.
    listen: ({ type, ...event }) =>
      listen({ type, stage: name, ...(type === 'started' && { algorithm: uses }), ...event } as StageEvent),
    checkpointDir: folder.checkpointsOf(name),
  };
}

/**
 * A stage that an earlier part of the run finished: its summary and its last checkpoint; null where it did not. Where the last
 * checkpoint is damaged, the stage is not finished: it goes on from the one before, to the same weights.
 */
export async function finishedStage(
  folder: RunFolder,
  stage: string,
): Promise<{ summary: StageFinished['summary']; checkpoint: Checkpoint } | null> {
  const events = folder.events().filter((event) => event.stage === stage);
  const finished = events.find((event) => event.type === 'finished');
  if (!finished) return null;
  const checkpoint = await latestCheckpoint(folder.checkpointsOf(stage));
  const last = events.findLast((event) => event.type === 'checkpointed');
  if (checkpoint && checkpoint.step < (last?.step ?? 0)) return null;
  if (checkpoint) return { summary: finished.summary, checkpoint };
  throw new Error(`${folder.checkpointsOf(stage)} has no checkpoint of the finished stage; start a new run`);
}
