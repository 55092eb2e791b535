import { join } from 'node:path';
import type { RecordedEvent, Sample } from './events';
import { readJsonLines } from './json-lines';

/** One line of samples.jsonl. */
export type SampleRow = { time: string; stage: string; step: number } & Sample;

/**
 * Everything that the run in a folder recorded, in the order of time.
 * @throws Error that names the line which is not JSON
 */
export function recordedEvents(folder: string): RecordedEvent[] {
  const metrics = readJsonLines<RecordedEvent>(join(folder, 'metrics.jsonl'));
  const samples = readJsonLines<SampleRow>(join(folder, 'samples.jsonl'));
  const all = [...metrics.map(withNaN), ...groupSamples(samples)];
  return all.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** JSON has no NaN and writes null; a metric that is null was not a number. */
function withNaN(event: RecordedEvent): RecordedEvent {
  if (event.type !== 'step' && event.type !== 'evaluated') return event;
  const metrics = Object.entries(event.metrics).map(([name, value]) => [name, value ?? Number.NaN]);
  return { ...event, metrics: Object.fromEntries(metrics) };
}

/** Samples that were recorded together become one event again. */
function groupSamples(rows: readonly SampleRow[]): RecordedEvent[] {
  const events: Extract<RecordedEvent, { type: 'samples' }>[] = [];
  for (const { time, stage, step, ...sample } of rows) {
    const last = events.at(-1);
    if (last && last.time === time && last.stage === stage && last.step === step) last.samples.push(sample);
    else events.push({ type: 'samples', time, stage, step, samples: [sample] });
  }
  return events;
}
