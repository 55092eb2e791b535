import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { RecordedEvent, StageEvent } from './events';

/** For specs: events with times one second apart. */
export function recorded(events: readonly StageEvent[]): RecordedEvent[] {
  return events.map((event, i) => ({
    ...event,
    time: new Date(Date.UTC(2030, 0, 1) + i * 1000).toISOString(),
  }));
}

export const step = (stage: string, at: number, metrics: Record<string, number> = {}): StageEvent => ({
  type: 'step',
  stage,
  step: at,
  totalSteps: 10,
  metrics,
  tokens: 100,
  seconds: 0.5,
});

export const evaluated = (stage: string, at: number, metrics: Record<string, number>): StageEvent => ({
  type: 'evaluated',
  stage,
  step: at,
  metrics,
});

/** The stage has the name of its algorithm. */
export const started = (stage: AlgorithmName, at = 0): StageEvent => ({
  type: 'started',
  stage,
  algorithm: stage,
  totalSteps: 10,
  step: at,
  info: {},
});
