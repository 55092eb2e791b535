import type { RecordedEvent } from '../events';

/**
 * Wall-clock seconds that a run's parts took together: the time between its events, without the pauses before it was
 * resumed (a stage that starts at a step above 0).
 */
export function elapsedSeconds(events: readonly RecordedEvent[]): number {
  let total = 0;
  for (let i = 1; i < events.length; i++) {
    const event = events[i];
    const resumed = event.type === 'started' && event.step > 0;
    if (!resumed) total += Date.parse(event.time) - Date.parse(events[i - 1].time);
  }
  return total / 1000;
}
