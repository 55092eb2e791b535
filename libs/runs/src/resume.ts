import type { RecordedEvent } from './events';

/**
 * The events of a run as they were when the checkpoint of `step` was written: what the stage did after it is left
 * out, for it will be done again: also an evaluation after that step which is not part of the checkpoint. Step 0: all of the
 * stage, which starts from its beginning. Other stages keep theirs.
 */
export function eventsUpTo(events: readonly RecordedEvent[], stage: string, step: number): RecordedEvent[] {
  const last = lastUpTo(events, stage, step);
  return events.filter((event, i) => event.stage !== stage || i <= last);
}

/** When the last event that `eventsUpTo` keeps was recorded; before all time where there is none. */
export function timeUpTo(events: readonly RecordedEvent[], stage: string, step: number): string {
  return events[lastUpTo(events, stage, step)]?.time ?? '';
}

function lastUpTo(events: readonly RecordedEvent[], stage: string, step: number): number {
  if (step === 0) return -1;
  const checkpoint = events.findLastIndex(
    (event) => event.stage === stage && event.type === 'checkpointed' && event.step === step,
  );
  if (checkpoint >= 0) return checkpoint;
  return events.findLastIndex(
    (event) => event.stage === stage && 'step' in event && event.type !== 'started' && event.step <= step,
  );
}
