import { type RunEvent, toStageEvents } from '@open-chatgpt/orchestration';
import { eventsUpTo, type RecordedEvent } from '@open-chatgpt/runs';

/**
 * What the runs of a pipeline have recorded, as a run folder would have it. A run that resumed did the steps after its checkpoint again:
 * they come once. Events of a worker that lost the run are left out.
 * @param history in the order in which it was stored
 */
export async function recordedEvents(history: AsyncIterable<readonly RunEvent[]>): Promise<RecordedEvent[]> {
  const attempts = new Map<string, number>();
  let recorded: RecordedEvent[] = [];
  for await (const events of history)
    for (const { time, type, data } of events) {
      if (!('attempt' in data) || data.attempt < (attempts.get(data.runId) ?? 0)) continue;
      attempts.set(data.runId, data.attempt);
      if (type === 'run.started') recorded = eventsUpTo(recorded, data.stage, data.step);
      for (const event of toStageEvents(type, data)) recorded.push({ ...event, time });
    }
  return recorded;
}
