import type { RecordedEvent } from './events';

/**
 * The events of a run as they were when the checkpoint of `step` was written: what the stage did after it is left
 * out, for it will be done again. Step 0: all of the stage, which starts anew. Other stages keep theirs.
 */
export function eventsUpTo(events: readonly RecordedEvent[], stage: string, step: number): RecordedEvent[] {
  let last = -1;
  if (step > 0) {
    last = events.findLastIndex(
      (event) => event.stage === stage && 'step' in event && event.type !== 'started' && event.step <= step,
    );
  }
  return events.filter((event, i) => event.stage !== stage || i <= last);
}
