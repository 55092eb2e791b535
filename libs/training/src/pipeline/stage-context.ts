import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { LoopEvent, RunFolder, StageEvent, StageFinished, StageListener } from '@open-chatgpt/runs';
import { compilations } from '@open-chatgpt/runtime';
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
    'signal' | 'beforeSave' | 'agree' | 'resume'
  >,
  { name, uses }: { name: string; uses: AlgorithmName },
): StageEnvironment {
  const compiled = compiledSince();
  return {
    ...options,
    // Lines of metrics.jsonl begin with what they are and whose they are.
    listen: (event) => {
      const { type, ...rest } = compiled(event);
      listen({ type, stage: name, ...(type === 'started' && { algorithm: uses }), ...rest } as StageEvent);
    },
    checkpointDir: folder.checkpointsOf(name),
  };
}

/** Adds to the summary of a stage what XLA has compiled since this call. */
function compiledSince(): (event: LoopEvent) => LoopEvent {
  const before = compilations();
  return (event) => {
    const { programs, seconds } = compilations();
    if (event.type !== 'finished' || programs === before.programs) return event;
    const compiled = {
      compiledPrograms: programs - before.programs,
      compileSeconds: seconds - before.seconds,
    };
    return { ...event, summary: { ...event.summary, ...compiled } };
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
